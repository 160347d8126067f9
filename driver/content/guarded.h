/*
 * Running a reader of hostile files, one that is not ours, in a process of its own: what it breaks is
 * its own memory, and it has only so much of that, and of time. What it finds comes back as bytes
 * through a pipe.
 *
 * Forks: for a process with one thread.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

struct guarded_limits {
    uint64_t memory_bytes; /* more than this process has */
    int seconds;           /* of the processor; on the clock four times that */
    size_t max_output;
};

/*
 * Calls read(arg, out_fd) in the child, which writes what it finds and returns 0, or a negative code.
 * The output is appended to out. ERR_FORMAT when the child crashes or runs out of memory or time, when
 * it returns a negative code, and when it writes more than max_output: in each case with the reason.
 */
int guarded_run(int (*read)(void *arg, int out_fd), void *arg, const struct guarded_limits *limits,
                struct str *out, struct err *err);
