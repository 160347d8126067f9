/*
 * A tree of files as a digest of what its listing shows: names, kinds, modes, sizes, times, targets of
 * links. For trees that no package manager vouches for and that are too large to be read (/usr/local, an
 * interpreter's prefix). Contents are not read: whoever changes a file changes its time or its size.
 */
#pragma once

#include "base/err.h"
#include "base/sha256.h"

enum { LISTING_MAX_ENTRIES = 500000 };

/*
 * Follows no link. Names in `skip` (NULL: none; else NULL-terminated) are left out wherever they are. A
 * path that is not there has the digest of nothing. -EFBIG beyond LISTING_MAX_ENTRIES.
 */
int listing_digest(const char *path, const char *const *skip, char ret_hex[SHA256_HEX],
                   struct err *err);

/*
 * The last change of status of anything in a listing, in nanoseconds since the epoch: nothing resets it.
 * 0 for a path that is not there.
 */
int listing_newest(const char *path, const char *const *skip, int64_t *ret_newest_ns,
                   struct err *err);

/*
 * What a directory itself holds, by names, kinds, sizes, inodes and times, that of status too: it changes
 * with every change of a file in it, also with one that restores size and time. *ret_newest_ns: the last
 * change of status of any of them, in nanoseconds since the epoch. A path that is no directory has the
 * digest of nothing.
 */
int listing_stamp(const char *path, char ret_hex[SHA256_HEX], int64_t *ret_newest_ns,
                  struct err *err);
