/* Mount calls that work on older kernels too. For a process in a mount namespace of its own. */
#pragma once

#include "base/err.h"

/* Where things are while the root is built (root.c). */
#define STAGE_HOST "/host" /* the host's root */
#define STAGE_NEW "/new"   /* the root that is built */
#define STAGE_SKEL "/skel" /* ours, shown in it: an empty directory, an empty file `nothing` */
#define STAGE_SCRATCH "/scratch" /* a tmpfs for what the build may write to */

enum mount_access { MOUNT_RO, MOUNT_RW };

int mount_tmpfs(const char *where, uint64_t max_bytes, const char *mode, struct err *err);
/*
 * Shows `from` (a file, or a directory with all that is mounted in it) at `to`, which must exist.
 */
int mount_bind(const char *from, const char *to, enum mount_access access, struct err *err);
/* For a mount and all mounts in it: no set-id programs, no devices, and read-only if asked. */
int mount_restrict(const char *where, bool read_only, struct err *err);
/*
 * Makes `where`, a mount point, the root. The old root is then at `old` below it; ".": on top of
 * it, from where it can be unmounted.
 */
int mount_pivot(const char *where, const char *old, struct err *err);
/*
 * Makes a directory or an empty file `path` below `root`, with all directories on the way. Never
 * through a symbolic link.
 */
int mount_make_point(const char *root, const char *path, bool is_dir, struct err *err);
