/*
 * What the inside of a wheel that was built here must be, before it is anybody's: of a wheel format
 * that is known, and, when its sdist's own PKG-INFO was believed (PEP 643), what that promised.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"

/*
 * `promise` is the text of PKG-INFO, NULL when nothing was promised; `markers` are the interpreter's
 * (an object of strings). ERR_BUILD or ERR_FORMAT. Any thread; fd is borrowed, its offset unused.
 */
int wheel_check(int fd, const char *promise, const json_t *markers, struct err *err);
