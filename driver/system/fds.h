/* Closing descriptors of the whole process. For processes with one thread. */
#pragma once

#include "base/err.h"

/*
 * Closes the descriptors from `first` to `last`. 0, or a negative errno, which is also in errno.
 * Before Linux 5.9 it needs /proc. Async-signal-safe.
 */
int fds_close_between(unsigned first, unsigned last);

/* Closes every descriptor that is not in `keep` (in any order; -1 is ignored). */
int fds_close_except(const int *keep, size_t count, struct err *err);
