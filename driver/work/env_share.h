/*
 * Build environments at their real place, R/env/<hash>, for locked mode: shared by all runs of one
 * user, put there at once or not at all, and never believed: a run compares what is there with what
 * it has just installed, and replaces what differs.
 */
#pragma once

#include "base/err.h"

/* Makes R/env/<hash> hold what `fresh` holds; `fresh` may be moved there. Any thread. */
int env_share(const char *root, const char *fresh, const char *hash, struct err *err);
