/*
 * A gzip file (RFC 1952): the header of its first member, and the content of all of them. Pages and
 * data files in wheels are often packed so, and their headers have a date, a name and a system.
 *
 * Hostile files: content has a limit. Any thread.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

struct gzip {
    uint32_t time;       /* seconds since 1970; 0: none */
    uint8_t extra_flags; /* what deflate says of its effort: 2 the most, 4 the least */
    uint8_t system;
    char *name;                   /* owned; NULL: none */
    char *comment;                /* owned; NULL: none */
    size_t packed_at, packed_len; /* the first member's deflate stream */
    bool single;                  /* there is no second member, and nothing behind */
    struct str content;
};

#define GZIP_INIT                                                                                  \
    {                                                                                              \
        .content = STR_INIT                                                                        \
    }
#define auto_gzip __attribute__((cleanup(gzip_release)))

/* ERR_FORMAT for what is damaged, or unpacks to more than `max` bytes. */
int gzip_read(const char *bytes, size_t len, size_t max, struct gzip *ret_gzip, struct err *err);
void gzip_release(struct gzip *g); /* accepts an empty one */
