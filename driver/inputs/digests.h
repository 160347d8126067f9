/*
 * What was once computed from a file's content, remembered by what stat(2) says of the file: device,
 * inode, mode, size, times of content and of status. The status time changes with every write and cannot
 * be set, so what is remembered holds as long as all of these do. A file that has changed within the
 * clock's last ticks is not remembered: the next change could have the same time.
 *
 * Not shared between threads.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "base/sha256.h"

struct stat;
struct digest_known; /* one file, one value */

struct digests {
    struct digest_known *items;
    size_t count;
    size_t cap;
    bool changed; /* since it was read: worth writing */
};

#define DIGESTS_INIT                                                                               \
    {                                                                                              \
        0                                                                                          \
    }

void digests_release(struct digests *d);

/* The value `what` of the file, or NULL. Points into d, until the next digests_put. */
const char *digests_get(const struct digests *d, const char *path, const char *what);
/* Remembers it, unless the file has changed since `st` was taken, or is too new. */
void digests_put(struct digests *d, const char *path, const char *what, const struct stat *st,
                 const char *value);

/* sha256_hex_file, remembered. `d` may be NULL. */
int digests_of_file(struct digests *d, const char *path, char ret_hex[SHA256_HEX], struct err *err);

/* As JSON, and back. What is no such JSON reads as nothing. */
json_t *digests_to_json(const struct digests *d);
void digests_from_json(const json_t *json, struct digests *ret_digests);
