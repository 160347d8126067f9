/* Arrays that grow, and lists of strings. */
#include "base/vec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void vec_grow(void **items, size_t count, size_t *cap, size_t item_size)
{
    if (count < *cap)
        return;
    *cap = *cap ? *cap * 2 : 8;
    *items = xrealloc(*items, *cap * item_size);
}

void strv_release(struct strv *v)
{
    for (size_t i = 0; i < v->count; i++)
        free(v->items[i]);
    free(v->items);
    *v = (struct strv)STRV_INIT;
}

void strv_push_owned(struct strv *v, char *s)
{
    vec_grow((void **)&v->items, v->count + 1, &v->cap, sizeof(*v->items));
    v->items[v->count++] = s;
    v->items[v->count] = NULL;
}

void strv_push(struct strv *v, const char *s)
{
    strv_push_owned(v, xstrdup(s));
}

void strv_pushf(struct strv *v, const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&text, fmt, ap) < 0)
        BUG("vasprintf failed");
    va_end(ap);
    strv_push_owned(v, text);
}

void strv_extend(struct strv *v, const struct strv *more)
{
    for (size_t i = 0; i < more->count; i++)
        strv_push(v, more->items[i]);
}

bool strv_contains(const struct strv *v, const char *s)
{
    for (size_t i = 0; i < v->count; i++)
        if (strcmp(v->items[i], s) == 0)
            return true;
    return false;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool strv_equal(const struct strv *a, const struct strv *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    return true;
}

void strv_sort(struct strv *v)
{
    if (v->count)
        qsort(v->items, v->count, sizeof(*v->items), compare);
}

bool strv_contains_sorted(const struct strv *v, const char *s)
{
    return v->count && bsearch(&s, v->items, v->count, sizeof(*v->items), compare);
}

void strv_split(struct strv *v, const char *text, const char *separators)
{
    for (const char *p = text; *p;) {
        size_t len = strcspn(p, separators);
        if (len)
            strv_push_owned(v, xstrndup(p, len));
        p += len;
        p += strspn(p, separators);
    }
}
