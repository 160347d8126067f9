/*
 * The descriptors of the whole process: closing them, and telling inherited ones from its own.
 * Closing is for processes with one thread.
 */
#pragma once

#include "base/err.h"

/*
 * Closes the descriptors from `first` to `last`. 0, or a negative errno, which is also in errno.
 * Before Linux 5.9 it needs /proc. Async-signal-safe.
 */
int fds_close_between(unsigned first, unsigned last);

/* Closes every descriptor that is not in `keep` (in any order; -1 is ignored). */
int fds_close_except(const int *keep, size_t count, struct err *err);

/*
 * The descriptors that the process was started with, but for stdout, stderr and sockets (which
 * nobody can open by a name such as /dev/fd/5). They are those without CLOEXEC, because everything
 * that truewheel opens has it. Writes at most `max`; returns how many there are. Any thread.
 */
size_t fds_inherited(int *ret_fds, size_t max);
