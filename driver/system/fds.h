/* Descriptors of the whole process. For processes with one thread. */
#pragma once

#include "base/err.h"

/*
 * Closes these numbers and all between. 0, or a negative errno, which errno has too: before Linux 5.9
 * it takes /proc. Async-signal-safe.
 */
int fds_close_between(unsigned first, unsigned last);

/* Closes every descriptor but these (any order, -1 ignored). */
int fds_close_except(const int *keep, size_t count, struct err *err);
