/*
 * Copies directory trees, always in the same order: entries are created sorted by name. On a file
 * system that lists entries in the order of creation (tmpfs) the order in the copy then depends on
 * its content alone. Symbolic links are copied as they are and never followed; sockets, fifos and
 * devices are left out; hard links become files of their own. A file with any x bit, and every
 * directory, gets mode 0755, others 0644, whatever umask the tree was made with. Times are kept,
 * because a build compares them to see what an earlier build left out of date. Holes stay holes.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"
#include "base/vec.h"

struct copy_limits {
    uint64_t max_bytes; /* on disk; 0: no limit */
    uint64_t max_entries;
    uid_t owner;             /* uid and gid of the copy; (uid_t)-1: the caller's */
    const struct strv *omit; /* sorted names below `from` that are not copied; NULL: none */
};

/*
 * Copies the content of directory `from` into the directory `to`. A directory that is there already is
 * entered and keeps its time; anything else that is there is an error. -EFBIG beyond a limit. What was
 * copied before an error stays: the caller removes it.
 */
int copy_tree(int from, int to, const struct copy_limits *limits, struct err *err);
