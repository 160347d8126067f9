/* Compares texts by lines. */
#include "content/line_diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

/* ------------------------------------------------------------------------------------ searching */

/* What lies between the equal lines at both ends. */
struct middle {
    const struct line *a, *b;
    long a_count, b_count;
    size_t start; /* lines before it */
};

/*
 * Row d of the search: the furthest line of a on each diagonal -d, -d+2, … d that d edits reach. All
 * rows are kept, to walk back through them.
 */
struct search {
    struct middle m;
    int32_t *rows[LINE_DIFF_MAX_EDITS + 1];
    long edits; /* of the shortest edit; -1: more than the limit */
};

static void find_middle(const struct lines *a, const struct lines *b, struct middle *m)
{
    size_t start = 0, end = 0;
    size_t shorter = a->count < b->count ? a->count : b->count;

    while (start < shorter && line_equal(&a->items[start], &b->items[start]))
        start++;
    while (end < shorter - start &&
           line_equal(&a->items[a->count - end - 1], &b->items[b->count - end - 1]))
        end++;
    /* An empty text has no items. */
    *m = (struct middle){.a = start ? a->items + start : a->items,
                         .b = start ? b->items + start : b->items,
                         .a_count = (long)(a->count - start - end),
                         .b_count = (long)(b->count - start - end),
                         .start = start};
}

/* Of row d. */
static long reached(const int32_t *row, long d, long diagonal)
{
    return row[(diagonal + d) / 2];
}

/* Whether the edit of row d that reaches a diagonal furthest is a line of b, not one of a. */
static bool adds_line(const int32_t *before, long d, long diagonal)
{
    if (diagonal == -d || diagonal == d)
        return diagonal == -d;
    return reached(before, d - 1, diagonal - 1) < reached(before, d - 1, diagonal + 1);
}

static long step(const int32_t *before, long d, long diagonal)
{
    if (d == 0)
        return 0;
    return adds_line(before, d, diagonal) ? reached(before, d - 1, diagonal + 1)
                                          : reached(before, d - 1, diagonal - 1) + 1;
}

static bool search_row(struct search *s, long d)
{
    const struct middle *m = &s->m;
    int32_t *row = s->rows[d] = xmalloc(((size_t)d + 1) * sizeof(*row));

    for (long diagonal = -d; diagonal <= d; diagonal += 2) {
        long x = step(d ? s->rows[d - 1] : NULL, d, diagonal), y = x - diagonal;
        while (x < m->a_count && y >= 0 && y < m->b_count && line_equal(&m->a[x], &m->b[y])) {
            x++;
            y++;
        }
        row[(diagonal + d) / 2] = (int32_t)x;
        if (x >= m->a_count && y >= m->b_count)
            return true;
    }
    return false;
}

static void search(struct search *s)
{
    s->edits = -1;
    for (long d = 0; d <= LINE_DIFF_MAX_EDITS && s->edits < 0; d++)
        if (search_row(s, d))
            s->edits = d;
}

/* ------------------------------------------------------------------------------------- changes */

/* The edits are found from the last to the first: each joins the change that follows it at once. */
static void put_before(struct line_changes *c, size_t a_at, size_t b_at, bool of_a)
{
    struct line_change *next = c->count ? &c->items[c->count - 1] : NULL;

    if (next && next->a_at == a_at + of_a && next->b_at == b_at + !of_a) {
        next->a_at = a_at;
        next->b_at = b_at;
        next->a_count += of_a;
        next->b_count += !of_a;
        return;
    }
    VEC_GROW(c);
    c->items[c->count++] = (struct line_change){a_at, of_a, b_at, !of_a};
}

static void walk_back(const struct search *s, struct line_changes *c)
{
    long x = s->m.a_count, y = s->m.b_count;

    for (long d = s->edits; d > 0; d--) {
        const int32_t *before = s->rows[d - 1];
        long diagonal = x - y;
        bool adds = adds_line(before, d, diagonal);
        long from = adds ? diagonal + 1 : diagonal - 1;
        x = reached(before, d - 1, from);
        y = x - from;
        put_before(c, s->m.start + (size_t)x, s->m.start + (size_t)y, !adds);
    }
    for (size_t i = 0; i < c->count / 2; i++) {
        struct line_change swapped = c->items[i];
        c->items[i] = c->items[c->count - 1 - i];
        c->items[c->count - 1 - i] = swapped;
    }
}

void line_diff(const struct lines *a, const struct lines *b, struct line_changes *ret_changes)
{
    struct line_changes c = LINE_CHANGES_INIT;
    struct search *s = xcalloc(1, sizeof(*s));

    find_middle(a, b, &s->m);
    if (s->m.a_count || s->m.b_count) {
        search(s);
        if (s->edits >= 0) {
            walk_back(s, &c);
        } else {
            VEC_GROW(&c);
            c.items[c.count++] = (struct line_change){s->m.start, (size_t)s->m.a_count, s->m.start,
                                                      (size_t)s->m.b_count};
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(s->rows); i++)
        free(s->rows[i]);
    free(s);
    *ret_changes = c;
}

void line_changes_release(struct line_changes *c)
{
    free(c->items);
    *c = (struct line_changes)LINE_CHANGES_INIT;
}

/* ------------------------------------------------------------------------------------- writing */

struct writer {
    struct str *out;
    const struct line_diff_bounds *bounds;
    size_t written, left_out;
};

/* `from`: what is before it is left out. */
static void write_line(struct writer *w, char mark, const struct line *line, size_t from)
{
    bool ends = line->len && line->text[line->len - 1] == '\n';
    size_t len = line->len - ends;

    if (w->written >= w->bounds->most_lines) {
        w->left_out++;
        return;
    }
    w->written++;
    from = from < len ? from : 0;
    size_t left = len - from;
    size_t shown = left < w->bounds->most_columns ? left : w->bounds->most_columns;
    auto_free char *text = xmalloc(shown + 1);
    memcpy(text, line->text + from, shown);
    text[shown] = '\0';
    str_make_printable_bytes(text, shown, "\t");
    bool misses_newline = !ends && !w->bounds->are_strings;
    str_addf(w->out, "%c%s%s%s\n", mark, from ? "…" : "", text,
             shown < left     ? "…"
             : misses_newline ? " (no newline)"
                              : "");
}

/* Where to begin, so that the first difference between two long lines is seen. */
static size_t start_of(const struct writer *w, const struct line *a, const struct line *b)
{
    size_t at = 0, before = w->bounds->most_columns / 3;

    if (a->len <= w->bounds->most_columns && b->len <= w->bounds->most_columns)
        return 0;
    while (at < a->len && at < b->len && a->text[at] == b->text[at])
        at++;
    return at > before ? at - before : 0;
}

static void write_change(struct writer *w, const struct line *a, size_t a_count,
                         const struct line *b, size_t b_count)
{
    size_t paired = a_count == b_count ? a_count : 0;

    for (size_t i = 0; i < a_count; i++)
        write_line(w, '-', &a[i], i < paired ? start_of(w, &a[i], &b[i]) : 0);
    for (size_t i = 0; i < b_count; i++)
        write_line(w, '+', &b[i], i < paired ? start_of(w, &a[i], &b[i]) : 0);
}

void line_diff_write(const struct lines *a, const struct lines *b,
                     const struct line_changes *changes, const struct line_diff_bounds *bounds,
                     struct str *out)
{
    struct writer w = {.out = out, .bounds = bounds};

    for (size_t i = 0; i < changes->count; i++) {
        const struct line_change *c = &changes->items[i];
        if (w.written < bounds->most_lines) {
            str_addf(out, "@@ -%zu,%zu +%zu,%zu @@\n", c->a_at + 1, c->a_count, c->b_at + 1,
                     c->b_count);
            if (c->a_at)
                write_line(&w, ' ', &a->items[c->a_at - 1], 0);
        }
        /* An empty text has no items. */
        const struct line *of_a = c->a_count ? &a->items[c->a_at] : NULL;
        const struct line *of_b = c->b_count ? &b->items[c->b_at] : NULL;
        write_change(&w, of_a, c->a_count, of_b, c->b_count);
    }
    if (w.left_out)
        str_addf(out, "… %zu more lines\n", w.left_out);
}
