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

/* Copies `from` (from its start) to dir/name. `name` is one path component. */
int publish_file(const char *dir, const char *name, int from, struct err *err);

/* The same for bytes in memory and a whole path. A pipe or device there is written to instead. */
int publish_bytes(const char *path, const void *bytes, size_t len, struct err *err);

/*
 * Only the last steps, for a temporary file that the caller has filled: mode, fsync, rename to
 * `name` in the same directory, fsync of the directory. The caller still releases `tmp`.
 */
int publish_commit(struct tmp_file *tmp, const char *name, mode_t mode, struct err *err);

/* Whether dirfd/name is a regular file with the content of `from`, and can be left alone. */
bool publish_is_current(int dirfd, const char *name, int from);
