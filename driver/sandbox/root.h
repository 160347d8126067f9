/*
 * The root that a build sees: which parts of the host are shown, and where (drawn in root.c). B
 * builds it beside the host's root and then drops that.
 */
#pragma once

#include "sandbox/ids.h"
#include "sandbox/spec.h"

/* Descriptors of places in the new root; owned by who asked for it. */
struct sandbox_root {
    int job;      /* the job directory, which is still empty */
    int proc_sys; /* /proc/sys without its cover: see sandbox_forbid_nesting() */
};
#define SANDBOX_ROOT_INIT                                                                          \
    {                                                                                              \
        -1, -1                                                                                     \
    }

/* Builds the new root. After a failure, too, *ret_root is to be closed. */
int sandbox_make_root(const struct sandbox_spec *spec, const struct sandbox_ids *ids,
                      struct sandbox_root *ret_root, struct err *err);
/* Enters the new root, when the job directory is filled: the host's files are gone after this. */
int sandbox_leave_host(struct err *err);
