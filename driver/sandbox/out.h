/* What a build has left in out/. For A, after the last process of the sandbox has ended. */
#pragma once

#include <jansson.h>

#include "base/err.h"

/*
 * Adds "files" to msg, the names in out/ made printable. Returns a descriptor of the wheel, when
 * there is exactly one name and it is a regular *.whl; else -1.
 */
int sandbox_open_result(int out, json_t *msg);
