/*
 * Trees of files that are made once and must not change: the digest of what they hold, and the
 * permissions taken away with which somebody could change it by accident. Any thread.
 */
#pragma once

#include "base/err.h"
#include "base/sha256.h"

/*
 * The digest of a directory's content: names, kinds, x bits, bytes, targets of links. Times and owners
 * are not content. Follows no link. -ERR_FORMAT for what is neither file, directory nor link.
 */
int tree_digest(int dirfd, const char *name, char ret_hex[SHA256_HEX], struct err *err);

/* What a directory takes on disk, in bytes; a file with several names counts at each. */
uint64_t tree_size(int dirfd, const char *name);

/*
 * Takes write permission from everything in the directory and from itself. Its owner could give it
 * back; nobody does so by accident.
 */
int tree_forbid_writing(int dirfd, const char *name, struct err *err);
