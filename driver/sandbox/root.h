/*
 * The root that a build sees: which parts of the host are shown, and where (drawn in root.c). B
 * builds it beside the host's root and then drops that.
 */
#pragma once

#include "sandbox/ids.h"
#include "sandbox/spec.h"

/* Builds the new root. *ret_job: a descriptor of the job directory in it, which is still empty. */
int sandbox_make_root(const struct sandbox_spec *spec, const struct sandbox_ids *ids, int *ret_job,
                      struct err *err);
/* Enters the new root, when the job directory is filled: the host's files are gone after this. */
int sandbox_leave_host(struct err *err);
