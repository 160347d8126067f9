/*
 * Starting a program with exactly the descriptors it is meant to have, by default in a session of
 * its own. The child gets the original signal mask and default actions. A failing exec is an error
 * of spawn_program(), so that "not found" is not mistaken for an exit status. Forks: the process
 * should have one thread; in case it has more, only async-signal-safe calls are made between fork
 * and exec.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"

struct spawn_fd {
    int from; /* in this process */
    int to;   /* in the child */
};

struct spawn_spec {
    const char *path; /* not searched for */
    char *const *argv;
    char *const *envp;          /* NULL: this process's */
    const struct spawn_fd *fds; /* 0 is /dev/null unless given; 1 and 2 are inherited; no others */
    size_t fd_count;
    bool same_session; /* stay in the caller's session and process group: killed with that group */
};

/* *ret_pid: a child of the caller, who reaps it. */
int spawn_program(const struct spawn_spec *spec, pid_t *ret_pid, struct err *err);
