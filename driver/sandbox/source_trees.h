/*
 * The directories of a source in the job directory: copied, or overlaid where they are large. For B
 * (sandbox.h).
 *
 * A copy is better: the order in its directories does not depend on the machine, and its directories
 * can be renamed, which fails in an overlay (EXDEV).
 */
#pragma once

#include <sys/types.h>

#include "sandbox/spec.h"

/* One of the specification's trees, opened while the host's paths are still there. */
struct source_tree {
    const struct sandbox_tree *spec;
    int fd;
    struct strv omit; /* sorted */
};

struct source_trees {
    struct source_tree *items;
    size_t count;
    size_t cap;
};

int source_trees_open(const struct sandbox_spec *spec, struct source_trees *ret_trees,
                      struct err *err);
void source_trees_release(struct source_trees *trees);

/*
 * Fills the empty directory src/ of the job directory. What is made belongs to uid and gid `owner`
 * ((uid_t)-1: to this process). A descriptor of src/ that was opened before may lead below an overlay.
 */
int source_trees_fill(const struct sandbox_spec *spec, const struct source_trees *trees, int job,
                      uid_t owner, struct err *err);

/*
 * A new directory in `parent` that belongs to the payload; the mode does not depend on umask. *ret_fd is
 * closed by the caller.
 */
int job_make_dir(int parent, const char *name, uid_t owner, int *ret_fd, struct err *err);
int job_set_owner(int fd, uid_t owner, struct err *err);
