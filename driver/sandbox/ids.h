/*
 * The namespaces of a sandbox and the users in them: what A, B and C (sandbox.h) enter and become.
 * For processes with one thread.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"

#define SANDBOX_HOST_NAME "truewheel" /* inside */

/* The uid and gid of the payload. */
enum {
    SANDBOX_UID = 1000,       /* inside */
    SANDBOX_HOST_UID = 64998, /* outside, when a real root makes the sandbox; see ids.c */
};

struct sandbox_ids {
    bool privileged; /* a real root: only the payload has a user namespace, as SANDBOX_HOST_UID */
    uid_t owner;     /* uid and gid to give to files of the job, as A and B see them */
    uid_t caller;    /* the user who runs truewheel, as the host sees it */
};

/* Chooses by the rights of this process. */
void sandbox_ids_choose(struct sandbox_ids *ret_ids);
/* A: enters the user namespace (unless privileged); its next child is in a new pid namespace. */
int sandbox_enter_outer(const struct sandbox_ids *ids, struct err *err);
/* B: enters all other namespaces; with `network` it stays in the host's network. */
int sandbox_enter_inner(bool network, struct err *err);
/* B: leaves the host's network later on. */
int sandbox_leave_network(struct err *err);
/* B: maps SANDBOX_UID in the user namespace that the child has just made. */
int sandbox_map_child(pid_t child, struct err *err);
/* C: becomes SANDBOX_UID after that. */
int sandbox_become_builder(struct err *err);
/*
 * C: allows no namespaces in the user namespace that it is in. `proc_sys` is a descriptor of /proc/sys
 * as it is before it is covered (dev.h). Where the kernel has no such limits, it does nothing.
 */
int sandbox_forbid_nesting(int proc_sys, struct err *err);
/* C: drops all capabilities, also those that a program could get. */
int sandbox_drop_capabilities(struct err *err);
