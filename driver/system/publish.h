/*
 * Putting a finished file in its place, at once or not at all: a temporary file in the target
 * directory (nameless, or ".truewheel-XXXXXX.tmp", which no *.whl pattern matches), fsync, rename,
 * fsync of the directory. What is already there with the same bytes stays as it is, mtime included, so that make
 * and ninja see no change. Several processes may publish the same name: one of them wins whole.
 * The mode is 0644, whatever the umask. A failure (full disk, read-only file system) leaves what was
 * there before, and nothing else. Any thread.
 */
#pragma once

#include "base/err.h"
#include "system/tmp.h"

/* Copies `from` (from its start) to dir/name. `name` is one path component. */
int publish_file(const char *dir, const char *name, int from, struct err *err);

/* The same for bytes in memory and a whole path. What is no file (a pipe, /dev/null) is written to. */
int publish_bytes(const char *path, const void *bytes, size_t len, struct err *err);

/*
 * The last steps alone, for a file that the caller has filled: mode, fsync, rename to `name` in the
 * directory that it was made in, fsync of that. The caller still releases it.
 */
int publish_commit(struct tmp_file *tmp, const char *name, mode_t mode, struct err *err);

/* Whether dirfd/name is a regular file with the content of `from`. One that is need not be replaced. */
bool publish_is_current(int dirfd, const char *name, int from);
