/*
 * Copies directory trees, always in the same order: entries are made sorted by name, so on a file
 * system that lists them in the order of their making (tmpfs) the copy's order is a function of its
 * content. Symbolic links are copied as they are and never followed; sockets, fifos and devices are
 * left out. Modes become 0755 or 0644 by any x bit, whatever umask the tree was made with; times are
 * kept, because builds compare them: what an earlier build left in a tree may be out of date.
 * Hard links become files of their own.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"

struct copy_limits {
    uint64_t max_bytes; /* 0: no limit */
    uint64_t max_entries;
    uid_t owner; /* uid and gid of what is made; (uid_t)-1: leave it */
};

/*
 * The content of directory `from` into the empty directory `to`. -EFBIG beyond a limit; what was
 * copied until then, or until any error, stays for the caller to remove.
 */
int copy_tree(int from, int to, const struct copy_limits *limits, struct err *err);
