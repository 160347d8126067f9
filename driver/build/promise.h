/*
 * What an sdist's own PKG-INFO promised (PEP 643), and the resolver believed without a build, the built
 * wheel must keep.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "wheel/meta.h"

/*
 * `promise` is the text of PKG-INFO, `built` what the wheel's METADATA says; `markers` are the
 * interpreter's (an object of strings). ERR_BUILD names what was not kept. Any thread.
 */
int promise_check(const char *promise, const struct metadata *built, const json_t *markers,
                  struct err *err);
