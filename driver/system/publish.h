/*
 * Putting a finished file in its place, whole or not at all: a temporary file in the target
 * directory (nameless, or ".truewheel-XXXXXX.tmp", which no *.whl pattern matches), fsync, rename,
 * fsync of the directory. A file that is there already with the same bytes and mode is left alone,
 * its time too, so that make and ninja see no change. When several processes publish the same name,
 * the file is of one of them, whole. The mode is 0644, whatever the umask. A failure (full disk,
 * read-only file system) leaves the directory as it was. Any thread.
 */
#pragma once

#include "base/err.h"
#include "system/tmp.h"

/*
 * Copies `from` (from its start) to dir/name. `name` is one path component. *ret_current (or NULL):
 * whether it was there already.
 */
int publish_file(const char *dir, const char *name, int from, bool *ret_current, struct err *err);

/*
 * The same for bytes in memory and a path that the user named. A link leads to what it names: a
 * regular file is replaced where it lies and the link stays, except for another user's link in a
 * directory like /tmp, which is refused. A pipe or device is written to, and so is, where it stands,
 * an open descriptor (/dev/stdout, /dev/fd/N), whatever it is of.
 */
int publish_bytes(const char *path, const void *bytes, size_t len, struct err *err);

/* The descriptor that a path names in that way, -1 for every other path. */
int publish_descriptor(const char *path);

/*
 * Whether publish_bytes could write there, as far as can be seen before there is anything to write. A
 * directory that is missing may still be made.
 */
int publish_check(const char *path, struct err *err);

/*
 * Only the last steps, for a temporary file that the caller has filled: mode, fsync, rename to
 * `name` in the same directory, fsync of the directory. The caller still releases `tmp`.
 */
int publish_commit(struct tmp_file *tmp, const char *name, mode_t mode, struct err *err);

/* Whether dirfd/name is a regular file with the content of `from`, and can be left alone. */
bool publish_is_current(int dirfd, const char *name, int from);
