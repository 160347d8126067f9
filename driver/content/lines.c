/* Splits text into lines. */
#include "content/lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

void lines_split(const char *text, size_t len, struct lines *ret_lines)
{
    struct lines l = LINES_INIT;

    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t size = end && l.count + 1 < LINES_MAX ? (size_t)(end - text) + 1 - at : len - at;
        VEC_GROW(&l);
        l.items[l.count++] = (struct line){text + at, size};
        at += size;
    }
    *ret_lines = l;
}

void lines_release(struct lines *l)
{
    free(l->items);
    *l = (struct lines)LINES_INIT;
}

bool line_equal(const struct line *a, const struct line *b)
{
    return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

int line_compare(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    int order = memcmp(x->text, y->text, x->len < y->len ? x->len : y->len);

    return order ? order : (x->len > y->len) - (x->len < y->len);
}
