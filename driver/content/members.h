/*
 * The members of an archive that lies in memory: tar (content/tar.h) and ar (content/ar.h), which wheels
 * carry as data and as static libraries. Zip archives are read by wheel/wheel_zip.h.
 *
 * Contents point into the archive, which must live as long. Hostile archives: at most MEMBERS_MAX
 * members, and every size is checked against the archive's end. Any thread.
 */
#pragma once

#include "base/err.h"
#include "base/util.h"

enum { MEMBERS_MAX = 200000 };

/* What an archive says of a member. Numbers are -1 where it says nothing. */
struct member {
    char *name; /* owned */
    char *link; /* owned; the target of a link, or NULL */
    char *user; /* owned; NULL: none */
    char *group;
    int64_t time, uid, gid, mode;
    char type; /* as tar has it: '0' a file, '5' a directory, … */
    const char *bytes;
    size_t len;
};

struct members {
    struct member *items; /* in the archive's order */
    size_t count;
    size_t cap;
};

#define MEMBERS_INIT                                                                               \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_members __attribute__((cleanup(members_release)))

void members_release(struct members *m);

/* A new one with nothing known, at the end. */
struct member *members_add(struct members *m);
