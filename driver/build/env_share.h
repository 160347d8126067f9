/*
 * Build environments at their real place, R/env/<hash>, for locked mode: shared by all runs of one
 * user, put there at once or not at all, and never believed: a run compares what is there with what
 * it has just installed, and replaces what differs.
 */
#pragma once

#include "base/err.h"
#include "system/lock.h"

/*
 * Makes R/env/<hash> hold what `fresh` holds, and keeps it so: *ret_lease is a shared lock that the
 * caller holds while the environment is used, and that no replacement gets past. Waits for other runs
 * that use another content there, in the way of `wait`. Any thread.
 */
int env_share(const char *root, const char *fresh, const char *hash, const struct lock_wait *wait,
              struct lock *ret_lease, struct err *err);
