/*
 * Bytes that nothing here can read: where they begin to differ, and the printable strings in them, which
 * are what a compiler leaves of literals, and what other formats hold.
 */
#pragma once

#include "compare/context.h"
#include "content/lines.h"

/* A file of an unknown kind. */
compare_fn compare_bytes;

/* Runs of at least six printable ASCII characters or UTF-8 letters; they point into the bytes. */
void find_strings(struct bytes bytes, struct lines *ret_strings);

/*
 * Adds findings for the strings that differ between two stretches of bytes, where each has a cause;
 * `path_cause` is what a path in them is. True when that explains every string that differs.
 */
bool compare_strings(struct context *c, const struct pair *pair, const char *part,
                     enum cause path_cause);
