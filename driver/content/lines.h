/* A text as lines, without copying it. A line has its newline, but for a last one without. */
#pragma once

#include "base/util.h"

enum { LINES_MAX = 1000000 };

struct line {
    const char *text; /* borrowed */
    size_t len;       /* with the newline */
};

struct lines {
    struct line *items;
    size_t count;
    size_t cap;
};

#define LINES_INIT                                                                                 \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_lines __attribute__((cleanup(lines_release)))

/* Beyond LINES_MAX lines, the last one is all the rest. */
void lines_split(const char *text, size_t len, struct lines *ret_lines);
void lines_release(struct lines *l);

bool line_equal(const struct line *a, const struct line *b);
int line_compare(const void *a, const void *b); /* of struct line, for qsort: bytewise */
