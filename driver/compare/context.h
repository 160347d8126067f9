/*
 * What the comparers of different kinds of file share. Each is a function that gets the bytes of a file
 * from both sides, which differ, and adds findings that say how and, where it can tell, why. None of
 * them fails because a file is not what it seems: then it says so in a finding, or adds nothing, and
 * the bytes are compared as bytes.
 */
#pragma once

#include "base/vec.h"
#include "wheel/wheel_zip.h"
#include "compare/comparison.h"

struct bytes {
    const char *at;
    size_t len;
};

struct context;

/* One file, of both sides. */
struct pair {
    const char *where;
    struct bytes a, b;
};

typedef int compare_fn(struct context *c, const struct pair *pair, struct err *err);

struct context {
    struct comparison *out;
    const struct strv *names; /* of all files in the wheels, for what a text may list; sorted */
    const struct strv
        *changed; /* of the archive: names of files that differ or are on one side only;
                                   sorted */
    compare_fn *compare_inner; /* finds out what the files are; for archives inside */
    int depth;                 /* how many archives a file lies in */
    uint64_t left;             /* bytes that may still be looked into */
};

enum { COMPARE_MAX_DEPTH = 4 };

/* "archive!/member"; the caller frees. */
char *context_inner_name(const char *where, const char *member);
/* Whether one more archive may be opened, and so many bytes looked into; counts them. */
bool context_may_read(struct context *c, uint64_t bytes);

/* Seconds since 1970 as "2026-11-25 06:46:22 (1795589182)"; the caller frees. */
char *context_show_time(int64_t seconds);

bool bytes_equal(struct bytes a, struct bytes b);
