/*
 * The bytes of one file, unpacked and in one piece, for whoever has to look into it. Small ones are in
 * memory; larger ones in a file without a name that is mapped, so that they are the kernel's to keep or
 * to write out. What is larger than CONTENT_MAX is not unpacked.
 *
 * The bytes are NUL-terminated in both cases (not counted). They live until content_release and may be
 * read by any thread.
 */
#pragma once

#include "wheel/wheel_zip.h"

enum { CONTENT_IN_MEMORY = 16 << 20, CONTENT_MAX = 1 << 30 };

struct content {
    const char *bytes;
    size_t len;
    struct str heap;
    void *map; /* NULL: the bytes are in `heap` */
};

#define CONTENT_INIT                                                                               \
    {                                                                                              \
        .bytes = "", .heap = STR_INIT                                                              \
    }
#define auto_content __attribute__((cleanup(content_release)))

/*
 * ERR_FORMAT when the entry is damaged, -EFBIG when it is larger than CONTENT_MAX, another negative
 * errno for reading and writing. *ret_content must be empty.
 */
int content_load(struct wheel_zip *z, const struct wheel_entry *entry, struct content *ret_content,
                 struct err *err);
/* Takes the bytes of a string, which is empty afterwards. */
void content_take(struct content *content, struct str *bytes);
void content_release(struct content *content); /* accepts an empty one */

/* A file without a name with these bytes, for readers that want a descriptor; or a negative code. */
int content_to_fd(const char *bytes, size_t len, struct err *err);
