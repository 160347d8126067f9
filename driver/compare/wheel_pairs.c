/* Pairs the wheels of two directories. */
#include "compare/wheel_pairs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "wheel/wheel_name.h"

int wheel_names_in(const char *dir, struct strv *ret_names, struct err *err)
{
    auto_close int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_strv struct strv all = STRV_INIT;

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", dir);
    int ret = list_dir(fd, 0, &all, err);
    for (size_t i = 0; i < all.count; i++)
        if (str_ends(all.items[i], ".whl"))
            strv_push(ret_names, all.items[i]);
    return ret;
}

void wheel_pairs_release(struct wheel_pairs *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->items[i].a);
        free(p->items[i].b);
    }
    free(p->items);
    *p = (struct wheel_pairs)WHEEL_PAIRS_INIT;
}

static void add(struct wheel_pairs *p, const char *a, const char *b)
{
    VEC_GROW(p);
    p->items[p->count++] = (struct wheel_pair){a ? xstrdup(a) : NULL, b ? xstrdup(b) : NULL};
}

/* Names without a partner yet: those that have one are NULL. */
struct left {
    const char **items;
    size_t count;
};

static void take_all(const struct strv *names, struct left *left)
{
    left->items = xcalloc(names->count + 1, sizeof(*left->items));
    left->count = names->count;
    for (size_t i = 0; i < names->count; i++)
        left->items[i] = names->items[i];
}

static bool same_name(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static bool same_project(const char *a, const char *b, bool and_version)
{
    auto_wheel_name struct wheel_name x = WHEEL_NAME_INIT, y = WHEEL_NAME_INIT;

    return wheel_name_parse(a, &x, NULL) == 0 && wheel_name_parse(b, &y, NULL) == 0 &&
           wheel_name_matches(&x, y.dist, and_version ? y.version : NULL);
}

static bool same_version(const char *a, const char *b)
{
    return same_project(a, b, true);
}

static bool any_version(const char *a, const char *b)
{
    return same_project(a, b, false);
}

/* The one name that fits, or NULL when none or several do. */
static const char **only_match(const struct left *left, const char *name,
                               bool (*fits)(const char *a, const char *b))
{
    const char **found = NULL;

    for (size_t i = 0; i < left->count; i++) {
        if (!left->items[i] || !fits(left->items[i], name))
            continue;
        if (found)
            return NULL;
        found = &left->items[i];
    }
    return found;
}

static void pair_by(struct wheel_pairs *p, struct left *a, struct left *b,
                    bool (*fits)(const char *a, const char *b))
{
    for (size_t i = 0; i < a->count; i++) {
        const char **match = a->items[i] ? only_match(b, a->items[i], fits) : NULL;
        if (!match || only_match(a, *match, fits) != &a->items[i])
            continue;
        add(p, a->items[i], *match);
        a->items[i] = *match = NULL;
    }
}

static int compare_pairs(const void *a, const void *b)
{
    const struct wheel_pair *x = a, *y = b;

    return strcmp(x->a ? x->a : x->b, y->a ? y->a : y->b);
}

void wheel_pairs_make(const struct strv *a, const struct strv *b, struct wheel_pairs *ret_pairs)
{
    struct wheel_pairs p = WHEEL_PAIRS_INIT;
    struct left of_a, of_b;

    take_all(a, &of_a);
    take_all(b, &of_b);
    pair_by(&p, &of_a, &of_b, same_name);
    pair_by(&p, &of_a, &of_b, same_version);
    pair_by(&p, &of_a, &of_b, any_version);
    for (size_t i = 0; i < of_a.count; i++)
        if (of_a.items[i])
            add(&p, of_a.items[i], NULL);
    for (size_t i = 0; i < of_b.count; i++)
        if (of_b.items[i])
            add(&p, NULL, of_b.items[i]);
    if (p.count)
        qsort(p.items, p.count, sizeof(*p.items), compare_pairs);
    free(of_a.items);
    free(of_b.items);
    *ret_pairs = p;
}
