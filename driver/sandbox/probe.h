/* What this machine can do, found out by running a sandbox that does nothing. */
#pragma once

#include "sandbox/refusal.h"

struct sandbox_caps {
    bool namespaces;
    enum sandbox_refusal refusal; /* when there are none: whether that is the machine's policy */
    char *reason;      /* owned; why not: "cannot make a user namespace: Operation not permitted" */
    char *hint;        /* owned or NULL: what to do about it */
    bool lockable;     /* R is a directory of ours, or can be made */
    char *lock_reason; /* owned; why not */
    bool refuses_calls;    /* there are filters for system calls */
    bool fixed_addresses;  /* address-space randomisation can be switched off for a build */
    uint64_t memory_bytes; /* what a tmpfs may use: available memory, within the cgroups' limits */
};

/*
 * `root` is R, which is not made if it is missing. Forks: for a process with one thread. A shortage is
 * waited for, about a second.
 * -ERR_CANCELLED when stop_fd (-1: none) becomes readable.
 */
int sandbox_probe(const char *root, int stop_fd, struct sandbox_caps *ret_caps, struct err *err);
void sandbox_caps_release(struct sandbox_caps *caps);
