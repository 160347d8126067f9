/*
 * What is hidden in the directories that a build is shown, and the programs that it must not find.
 * For B, while the root is built (root.c).
 */
#pragma once

#include "base/vec.h"
#include "sandbox/ids.h"
#include "sandbox/spec.h"

/* The empty directories over hidden ones: writable until all mount points in them are made. */
struct sandbox_covers {
    int *items; /* owned O_PATH descriptors; their paths may by then lead to what was bound there */
    size_t count;
    size_t cap;
};

/*
 * The caller's home, what the specification hides, and what variables of the caller's name, as resolved
 * paths of the host.
 */
void sandbox_list_hidden(const struct sandbox_spec *spec, const struct sandbox_ids *ids,
                         struct strv *ret_paths);
/* Covers path with something empty; does nothing when there is no such path. */
int sandbox_hide(const char *path, struct sandbox_covers *covers, struct err *err);
/* The programs that the specification leaves out (`without`), as resolved paths of the host. */
void sandbox_list_blocked_programs(const struct sandbox_spec *spec, struct strv *ret_paths);
/*
 * Mounts a fifo that nobody may open over each of the programs, wherever it is shown. A search of
 * PATH then goes on, whether it looks for a regular file (dash), for one that can be read (older
 * cmake), or for one that can be run (all others).
 */
int sandbox_block_programs(const struct strv *programs, struct err *err);
/* Makes the covers read-only, but not what is mounted in them. After the last mount point. */
int sandbox_seal_covers(const struct sandbox_covers *covers, struct err *err);
void sandbox_release_covers(struct sandbox_covers *covers);
