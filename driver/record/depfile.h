/* A Makefile rule that says what wheels depend on, for an include in somebody's Makefile. */
#pragma once

#include "base/str.h"
#include "base/vec.h"

/*
 * "TARGET… : INPUT…", and for each input an empty rule of its own, so that one that is gone does not
 * stop make. Names are quoted as make wants it.
 */
void depfile_write(const struct strv *targets, const struct strv *inputs, struct str *out);
