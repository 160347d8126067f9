/*
 * Running a program for what it prints: its standard output is read into memory, up to a limit. The
 * program starts as spawn.h says (no other descriptors, original signals); standard error stays the
 * caller's. Forks: for a process with one thread.
 *
 *     capture_run                               all at once
 *     capture_start ─> capture_finish           something else is done meanwhile
 *                  └─> capture_abandon          its answer is no longer wanted
 */
#pragma once

#include "base/str.h"
#include "system/spawn.h"

struct capture {
    pid_t pid; /* 0: nothing runs */
    int output;
    bool same_session; /* of the spawn_spec: decides what is killed */
};

#define CAPTURE_INIT                                                                               \
    {                                                                                              \
        .output = -1                                                                               \
    }

/* What to read, and when to give up. */
struct capture_limits {
    size_t max_bytes; /* more output than this: -EFBIG */
    int stop_fd;      /* readable: -ERR_CANCELLED; -1: none */
};

/* Starts the program. `spec` must not name descriptors of its own. */
int capture_start(const struct spawn_spec *spec, struct capture *ret_capture, struct err *err);

/*
 * Appends the output to `out` until all its writers have closed it, then waits for the program.
 * *ret_status is what waitpid() says; a status other than 0 is not an error here. On every error
 * the program is killed, with its session if it has one of its own, and reaped; `out` then has an
 * unknown part of the output.
 */
int capture_finish(struct capture *capture, const struct capture_limits *limits, struct str *out,
                   int *ret_status, struct err *err);

/* Kills and reaps the program. Accepts a capture that is finished or was never started. */
void capture_abandon(struct capture *capture);

/* capture_start and capture_finish. */
int capture_run(const struct spawn_spec *spec, const struct capture_limits *limits, struct str *out,
                int *ret_status, struct err *err);
