/*
 * What a user can do when a build looked for something above its project that it is not shown.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "plan/source.h"

/*
 * Adds a hint to `err` when its message or the output says that a path with "../" is not there, the
 * source is a local project, and there is no hint yet.
 */
void build_hint_around(const struct str *output, const struct source *source, struct err *err);
