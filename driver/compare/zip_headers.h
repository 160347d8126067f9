/*
 * What two zip archives say of their files beside names and contents: times, modes, order, flags, extra
 * fields, comments, and who wrote them. Nothing of it is content; all of it is bytes.
 */
#pragma once

#include "compare/context.h"
#include "compare/side.h"

/* Files that are on both sides. */
struct file_pair {
    const struct side_file *a, *b;
    bool differs; /* in content */
};

struct file_pairs {
    struct file_pair *items;
    size_t count;
    size_t cap;
};

/* Adds findings; `where` is NULL for the wheel itself. */
int compare_zip_headers(struct context *c, const char *where, const struct side *a,
                        const struct side *b, const struct file_pairs *pairs, struct err *err);
