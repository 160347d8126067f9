/*
 * The new root: what of the host is shown, and where (root.c draws it). Built by B beside the host's.
 */
#pragma once

#include "sandbox/ids.h"
#include "sandbox/spec.h"

/* B: builds the new root beside the host's. *ret_job: the job directory in it, still empty. */
int sandbox_make_root(const struct sandbox_spec *spec, const struct sandbox_ids *ids, int *ret_job,
                      struct err *err);
/* B, when the job directory is filled: from here on there is no host. */
int sandbox_leave_host(struct err *err);
