/*
 * What this machine can do, found out by trying: a sandbox that does nothing is run in a forked child.
 */
#pragma once

#include "base/err.h"

struct sandbox_caps {
    bool namespaces;
    char *reason;      /* owned; why not: "cannot make a user namespace: Operation not permitted" */
    char *hint;        /* owned or NULL: what to do about it */
    bool lockable;     /* R is ours, or can be made ours */
    char *lock_reason; /* owned; why not */
    bool fixed_addresses;  /* programs of a build can be had without address-space randomisation */
    uint64_t memory_bytes; /* what tmpfs may use: available memory, cgroup limits regarded */
};

/*
 * `root` is R. Makes nothing, not even R (safe_dir_check). One thread only.
 * -ERR_CANCELLED when stop_fd (-1: none) becomes readable.
 */
int sandbox_probe(const char *root, int stop_fd, struct sandbox_caps *ret, struct err *err);
void sandbox_caps_release(struct sandbox_caps *caps);
