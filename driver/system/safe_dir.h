/*
 * Directories with predictable names in places that others can write to (R in /tmp). Another user
 * who makes that name first must not be able to read, write or redirect what we do there: pip's
 * fixed build directory was CVE-2013-1888 and CVE-2014-8991.
 *
 * So the directory is made with mkdirat(0700) and opened with O_NOFOLLOW | O_DIRECTORY; then
 * fstat() must show that this user owns it and that nobody else has any permission. All later
 * access goes through the descriptor.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"

/*
 * Opens `path` (absolute) and makes it when it is missing, but not its parents. *ret_fd is
 * O_RDONLY | O_CLOEXEC. -ERR_ENVIRONMENT with a hint when it belongs to another user, is a symbolic
 * link, or is open to others; also when somebody else could replace it, because a directory above
 * belongs neither to this user nor to root, or is writable for others and not sticky.
 */
int safe_dir_open(const char *path, int *ret_fd, struct err *err);

/* The same for one component below a directory that was opened this way. */
int safe_dir_open_at(int dirfd, const char *name, int *ret_fd, struct err *err);

/* Whether safe_dir_open() would succeed. Makes nothing. */
int safe_dir_check(const char *path, struct err *err);

/*
 * Checks something that is to be run or imported from a place that the user did not name. `path`
 * (absolute, without "." and "..") must exist, and every part of it below `above` must belong to
 * this user, to root or to `also`; with `closed`, others must not be able to write to any of them.
 * -ERR_ENVIRONMENT otherwise. For a symbolic link its own owner counts; where it leads is not
 * checked.
 */
int safe_path_check(const char *path, const char *above, uid_t also, bool closed, struct err *err);
