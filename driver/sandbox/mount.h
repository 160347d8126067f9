/* Mount calls, with fallbacks for older kernels. For a process in a mount namespace of its own. */
#pragma once

#include "base/err.h"

/* While the root is built (see root.c): the host, the root to be, and what is bound from. */
#define STAGE_HOST "/host"
#define STAGE_NEW "/new"
#define STAGE_SKEL "/skel"
#define STAGE_SCRATCH "/scratch" /* where the job's tmpfs is mounted */

enum mount_access { MOUNT_RO, MOUNT_RW };

int mount_tmpfs(const char *where, uint64_t max_bytes, const char *mode, struct err *err);
/* Shows `from` (a file or a directory with all that is mounted in it) at `to`, which exists. */
int mount_bind(const char *from, const char *to, enum mount_access access, struct err *err);
/* A mount and everything in it: no set-id, no devices, and read-only when asked. */
int mount_restrict(const char *where, bool read_only, struct err *err);
/* pivot_root to `where` (a mount point); the old root is then at `old` (relative; "." to drop it). */
int mount_pivot(const char *where, const char *old, struct err *err);
/* mkdir -p and an empty file respectively, below a tmpfs of ours; never through a symbolic link. */
int mount_make_point(const char *root, const char *path, bool is_dir, struct err *err);
