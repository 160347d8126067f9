/*
 * Which lines of two texts differ: the shortest edit (Myers, "An O(ND) Difference Algorithm", 1986)
 * while it has at most LINE_DIFF_MAX_EDITS lines; beyond that, everything between the equal lines at
 * both ends is one change. So time and memory have a bound that the texts cannot move. Any thread.
 */
#pragma once

#include "base/str.h"
#include "content/lines.h"

enum { LINE_DIFF_MAX_EDITS = 1500 };

/* Lines of a that are replaced by lines of b; either count may be 0. */
struct line_change {
    size_t a_at, a_count;
    size_t b_at, b_count;
};

struct line_changes {
    struct line_change *items; /* in order */
    size_t count;
    size_t cap;
};

#define LINE_CHANGES_INIT                                                                          \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_line_changes __attribute__((cleanup(line_changes_release)))

void line_diff(const struct lines *a, const struct lines *b, struct line_changes *ret_changes);
void line_changes_release(struct line_changes *c);

/*
 * Appends the changes as a unified diff with one line of context: at most `most_lines` lines, each cut
 * at `most_columns` (of a line that stands for another, around the first difference); what is left out is
 * counted in a last line. Control characters become '?'.
 */
struct line_diff_bounds {
    size_t most_lines, most_columns;
    bool are_strings; /* and not lines: a newline at the end is not expected */
};
void line_diff_write(const struct lines *a, const struct lines *b,
                     const struct line_changes *changes, const struct line_diff_bounds *bounds,
                     struct str *out);
