/*
 * Arrays that grow. struct strv is a NULL-terminated array of owned C strings, fit for execve; for
 * arrays of structs, vec_grow() makes room in the usual {items, count, cap} triple.
 * Not shared between threads.
 */
#pragma once

#include "base/util.h"

struct strv {
    char **items; /* NULL, or count strings and a NULL after them */
    size_t count;
    size_t cap;
};

#define STRV_INIT                                                                                  \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_strv __attribute__((cleanup(strv_release)))

void strv_release(struct strv *v);
void strv_push(struct strv *v, const char *s); /* copies */
void strv_push_owned(struct strv *v, char *s); /* no copy: the list frees it */
void strv_pushf(struct strv *v, const char *fmt, ...) PRINTF_LIKE(2, 3);
void strv_extend(struct strv *v, const struct strv *more);
bool strv_contains(const struct strv *v, const char *s);
bool strv_equal(const struct strv *a, const struct strv *b);    /* in the same order */
void strv_sort(struct strv *v);                                 /* bytewise */
bool strv_contains_sorted(const struct strv *v, const char *s); /* after strv_sort() */
/* Splits at any of the separator bytes; empty parts are left out. */
void strv_split(struct strv *v, const char *text, const char *separators);

/* Room for one more in {items, count, cap}: VEC_GROW(&v) before v.items[v.count++] = x. */
#define VEC_GROW(v) vec_grow((void **)&(v)->items, (v)->count, &(v)->cap, sizeof(*(v)->items))
void vec_grow(void **items, size_t count, size_t *cap, size_t item_size);
