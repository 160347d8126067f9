/* Compares the members of tar and ar archives. */
#include "compare/compare_members.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "content/ar.h"
#include "content/tar.h"
#include "compare/tally.h"

/* A member by name; of several with one name each is compared with its like. */
struct named {
    const struct member *member;
    size_t index;
};

struct archive {
    struct members members;
    struct named *sorted;
};

static int compare_named(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int order = strcmp(x->member->name, y->member->name);

    return order ? order : (x->index > y->index) - (x->index < y->index);
}

static void sort(struct archive *a)
{
    a->sorted = xcalloc(a->members.count + 1, sizeof(*a->sorted));
    for (size_t i = 0; i < a->members.count; i++)
        a->sorted[i] = (struct named){&a->members.items[i], i};
    if (a->members.count)
        qsort(a->sorted, a->members.count, sizeof(*a->sorted), compare_named);
}

static void release(struct archive *a)
{
    free(a->sorted);
    members_release(&a->members);
}

/* -------------------------------------------------------------------------------------- headers */

enum { TIME, UID, GID, USER, GROUP, MODE, FIELDS };

static const struct tally no_tallies[FIELDS] = {
    [TIME] = {.cause = CAUSE_ENTRY_TIME, .field = "time"},
    [UID] = {.cause = CAUSE_ENTRY_OWNER, .field = "uid"},
    [GID] = {.cause = CAUSE_ENTRY_OWNER, .field = "gid"},
    [USER] = {.cause = CAUSE_ENTRY_OWNER, .field = "user"},
    [GROUP] = {.cause = CAUSE_ENTRY_OWNER, .field = "group"},
    [MODE] = {.cause = CAUSE_ENTRY_MODE, .field = "mode"},
};

static const char *text_of(const struct member *m, int field)
{
    const char *text = field == USER ? m->user : m->group;

    return text ? text : "";
}

static char *show(const struct member *m, int field)
{
    switch (field) {
    case TIME:
        return context_show_time(m->time);
    case UID:
        return xasprintf("%" PRId64, m->uid);
    case GID:
        return xasprintf("%" PRId64, m->gid);
    case MODE:
        return xasprintf("%" PRIo64, (uint64_t)m->mode);
    default:
        return xstrdup(text_of(m, field));
    }
}

static bool differs(const struct member *a, const struct member *b, int field)
{
    switch (field) {
    case TIME:
        return a->time != b->time;
    case UID:
        return a->uid != b->uid;
    case GID:
        return a->gid != b->gid;
    case MODE:
        return a->mode != b->mode;
    default:
        return !str_eq(text_of(a, field), text_of(b, field));
    }
}

static void count_fields(struct tally tallies[FIELDS], const struct member *a,
                         const struct member *b)
{
    for (int field = 0; field < FIELDS; field++) {
        if (differs(a, b, field) && tally_count(&tallies[field], a->name)) {
            tallies[field].a = show(a, field);
            tallies[field].b = show(b, field);
        }
    }
}

/* ------------------------------------------------------------------------------------- contents */

static void add_missing(struct context *c, const char *where, const char *name, bool in_a)
{
    auto_free char *inner = context_inner_name(where, name);

    comparison_add_values(c->out, CAUSE_MISSING_FILE, inner, NULL, in_a ? "there" : NULL,
                          in_a ? NULL : "there");
}

static int compare_both(struct context *c, const char *where, const struct member *a,
                        const struct member *b, struct err *err)
{
    auto_free char *inner = context_inner_name(where, a->name);
    struct pair pair = {inner, {a->bytes, a->len}, {b->bytes, b->len}};

    comparison_add_values(c->out, CAUSE_METADATA_FIELD, inner, "target of the link", a->link,
                          b->link);
    return bytes_equal(pair.a, pair.b) ? 0 : c->compare_inner(c, &pair, err);
}

static bool same_order(const struct archive *a, const struct archive *b)
{
    if (a->members.count != b->members.count)
        return true; /* what is missing has been said */
    for (size_t i = 0; i < a->members.count; i++)
        if (!str_eq(a->members.items[i].name, b->members.items[i].name))
            return false;
    return true;
}

static int compare_archives(struct context *c, const char *where, const struct archive *a,
                            const struct archive *b, struct err *err)
{
    struct tally tallies[FIELDS];
    size_t i = 0, k = 0, missing = 0;
    int ret = 0;

    memcpy(tallies, no_tallies, sizeof(tallies));
    while (ret == 0 && (i < a->members.count || k < b->members.count)) {
        int order = i == a->members.count ? 1
                    : k == b->members.count
                        ? -1
                        : strcmp(a->sorted[i].member->name, b->sorted[k].member->name);
        const char *name = (order <= 0 ? &a->sorted[i] : &b->sorted[k])->member->name;
        const struct member *x = order <= 0 ? a->sorted[i++].member : NULL;
        const struct member *y = order >= 0 ? b->sorted[k++].member : NULL;
        if (x && y) {
            count_fields(tallies, x, y);
            ret = compare_both(c, where, x, y, err);
        } else {
            missing++;
            add_missing(c, where, name, x != NULL);
        }
    }
    for (int field = 0; field < FIELDS; field++)
        tally_finish(&tallies[field], c->out, where);
    if (!missing && !same_order(a, b))
        comparison_add(c->out, &(struct finding_spec){.cause = CAUSE_ENTRY_ORDER, .where = where});
    return ret;
}

static int compare_read(struct context *c, const struct pair *pair,
                        int (*read)(const char *, size_t, struct members *, struct err *),
                        struct err *err)
{
    struct archive a = {.sorted = NULL}, b = {.sorted = NULL};
    int ret = 0;

    if (read(pair->a.at, pair->a.len, &a.members, NULL) == 0 &&
        read(pair->b.at, pair->b.len, &b.members, NULL) == 0) {
        sort(&a);
        sort(&b);
        ret = compare_archives(c, pair->where, &a, &b, err);
    }
    release(&a);
    release(&b);
    return ret;
}

int compare_tar(struct context *c, const struct pair *pair, struct err *err)
{
    return compare_read(c, pair, tar_read, err);
}

int compare_ar(struct context *c, const struct pair *pair, struct err *err)
{
    return compare_read(c, pair, ar_read, err);
}
