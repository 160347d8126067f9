/*
 * What a user can do about a failed build, read from what it printed and from its error: the few causes that are not
 * the project's fault (no network in the sandbox, no compiler, no headers, no memory left).
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

/*
 * Adds a hint to `err` when its message or the output has the mark of a known cause and there is no hint yet.
 * `offline`: the build had no network, and `project` is the name that --allow-network wants; "" when nobody
 * knows it, and then the user can name the source at `url`.
 */
void build_hint(const struct str *output, bool offline, const char *project, const char *url,
                struct err *err);
