/*
 * Namespaces, and who is who in them: what A, B and C are and become. For single-threaded processes.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"

#define SANDBOX_HOST_NAME "truewheel" /* inside */

/* Who the payload is. */
enum {
    SANDBOX_UID = 1000,       /* inside */
    SANDBOX_HOST_UID = 64998, /* outside, when a real root makes the sandbox; see ids.c */
};

struct sandbox_ids {
    bool
        privileged; /* a real root: the payload enters its user namespace last, as SANDBOX_HOST_UID */
    uid_t
        owner; /* uid and gid that files of the job need, as the process that makes them sees it */
    uid_t caller; /* who started all this, by the host's numbers */
};

/* Decides, from this process' rights. */
void sandbox_ids_choose(struct sandbox_ids *ret);
/* A: the user namespace (unless privileged) and the pid namespace for the next child. */
int sandbox_enter_outer(const struct sandbox_ids *ids, struct err *err);
/* B: all the other namespaces. */
int sandbox_enter_inner(bool network, struct err *err);
/* B: what sandbox_enter_inner left out with the network, later. */
int sandbox_leave_network(struct err *err);
/* B: maps SANDBOX_UID in the user namespace of a child that has just made it. */
int sandbox_map_child(pid_t child, struct err *err);
/* C: becomes SANDBOX_UID after that. */
int sandbox_become_builder(struct err *err);
int sandbox_drop_capabilities(struct err *err);
