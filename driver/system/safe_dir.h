/*
 * Directories with predictable names in places that others can write to (R in /tmp). Whoever else got
 * there first must neither read, nor write, nor redirect what we do, nor gain anything by trying:
 * pip's fixed build directory was CVE-2013-1888 and CVE-2014-8991.
 *
 * Never followed, always checked after opening: the directory is made with mkdirat(0700), opened with
 * O_NOFOLLOW | O_DIRECTORY, and then fstat must show this user as its owner and nobody else with any
 * permission. All later access goes through the descriptor.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"

/*
 * Opens `path` (absolute), made when missing (its parents are not). *ret_fd is O_RDONLY | O_CLOEXEC.
 * Every directory above must be such that nobody else can swap what lies in it (not writable for
 * others unless sticky, owned by this user or root). -ERR_ENVIRONMENT with a hint when it is somebody else's, a symbolic
 * link, or open to others.
 */
int safe_dir_open(const char *path, int *ret_fd, struct err *err);

/* The same for one component below a directory that is safe already. */
int safe_dir_open_at(int dirfd, const char *name, int *ret_fd, struct err *err);

/* Whether safe_dir_open would succeed, without making anything. */
int safe_dir_check(const char *path, struct err *err);

/*
 * For what is run or imported from a place that nobody named. `path` (absolute, without "." and "..")
 * must exist, and every part of it below `above` must belong to this user, to root or to `also`: what
 * another user has put there fails with -ERR_ENVIRONMENT. With `closed` it also fails where others
 * could write. A link is taken for what it is: whoever made it vouches for where it leads.
 */
int safe_path_check(const char *path, const char *above, uid_t also, bool closed, struct err *err);
