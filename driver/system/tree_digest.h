/* Trees of files that are made once and must not change: the digest of what they hold. Any thread. */
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
