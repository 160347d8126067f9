/* Compares the header files of *.dist-info. */
#include "compare/compare_fields.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/path.h"
#include "base/str.h"
#include "wheel/meta.h"
#include "compare/compare_text.h"

bool compare_fields_reads(const char *name)
{
    return str_eq(name, "METADATA") || str_eq(name, "WHEEL");
}

struct sides {
    const char *where;
    struct meta_fields a, b;
};

/* --------------------------------------------------------------------------------------- fields */

static char *join(const struct strv *values)
{
    struct str out = STR_INIT;

    for (size_t i = 0; i < values->count; i++)
        str_addf(&out, "%s%s", i ? " | " : "", values->items[i]);
    return str_detach(&out);
}

/* What only one of two sorted lists has. */
static void add_missing(const struct strv *list, const struct strv *other, struct strv *out)
{
    size_t k = 0;

    for (size_t i = 0; i < list->count; i++) {
        while (k < other->count && strcmp(other->items[k], list->items[i]) < 0)
            k++;
        if (k < other->count && str_eq(other->items[k], list->items[i]))
            k++;
        else
            strv_push(out, list->items[i]);
    }
}

static size_t tool_length(const char *generator)
{
    size_t len = strcspn(generator, "(0123456789");

    while (len && strchr(" -=", generator[len - 1]))
        len--;
    return len;
}

/* wheel's command moved to setuptools, under that name. */
static bool is_setuptools(const char *generator, size_t len)
{
    return (len == strlen("setuptools") && strncasecmp(generator, "setuptools", len) == 0) ||
           (len == strlen("bdist_wheel") && strncasecmp(generator, "bdist_wheel", len) == 0);
}

static enum cause cause_of_generator(const char *a, const char *b)
{
    size_t of_a = tool_length(a), of_b = tool_length(b);

    if ((of_a == of_b && strncasecmp(a, b, of_a) == 0) ||
        (is_setuptools(a, of_a) && is_setuptools(b, of_b)))
        return CAUSE_BACKEND_VERSION;
    return CAUSE_BACKEND;
}

static enum cause cause_of(const char *field, const struct strv *a, const struct strv *b,
                           bool same_values)
{
    if (same_values)
        return CAUSE_HASH_ORDER;
    if (strcasecmp(field, "Generator") == 0 && a->count && b->count)
        return cause_of_generator(a->items[0], b->items[0]);
    if (strcasecmp(field, "Tag") == 0 || strcasecmp(field, "Root-Is-Purelib") == 0)
        return CAUSE_WHEEL_TAG;
    return CAUSE_METADATA_FIELD;
}

static void compare_field(struct context *c, const struct sides *s, const char *field)
{
    auto_strv struct strv a = STRV_INIT, b = STRV_INIT, only_a = STRV_INIT, only_b = STRV_INIT;

    meta_fields_get_all(&s->a, field, &a);
    meta_fields_get_all(&s->b, field, &b);
    if (strv_equal(&a, &b))
        return;
    strv_sort(&a);
    strv_sort(&b);
    add_missing(&a, &b, &only_a);
    add_missing(&b, &a, &only_b);
    bool same_values = !only_a.count && !only_b.count;
    auto_free char *of_a = only_a.count ? join(&only_a) : NULL;
    auto_free char *of_b = only_b.count ? join(&only_b) : NULL;
    comparison_add(c->out, &(struct finding_spec){.cause = cause_of(field, &a, &b, same_values),
                                                  .where = s->where,
                                                  .part = field,
                                                  .a = of_a,
                                                  .b = of_b});
}

static bool seen_before(const struct meta_fields *f, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(f->items[i].name, name) == 0)
            return true;
    return false;
}

/* Each field once, in the order of a, then what only b has. */
static void compare_all_fields(struct context *c, const struct sides *s)
{
    enum { MOST = 2000 }; /* of a file that has more, the lines tell enough */

    for (size_t i = 0; i < s->a.count && i < MOST; i++)
        if (!seen_before(&s->a, i, s->a.items[i].name))
            compare_field(c, s, s->a.items[i].name);
    for (size_t i = 0; i < s->b.count && i < MOST; i++)
        if (!seen_before(&s->a, s->a.count, s->b.items[i].name) &&
            !seen_before(&s->b, i, s->b.items[i].name))
            compare_field(c, s, s->b.items[i].name);
}

/* ----------------------------------------------------------------------------------- description */

/* What lies behind the first empty line. */
static struct bytes body_of(struct bytes text)
{
    for (size_t at = 0; at < text.len;) {
        const char *end = memchr(text.at + at, '\n', text.len - at);
        size_t next = end ? (size_t)(end - text.at) + 1 : text.len;
        size_t len = next - at;
        if (len == 1 || (len == 2 && text.at[at] == '\r'))
            return (struct bytes){text.at + next, text.len - next};
        at = next;
    }
    return (struct bytes){text.at + text.len, 0};
}

/* The findings about the description's lines, but with its own cause where there is none. */
static int compare_bodies(struct context *c, const struct pair *pair, struct err *err)
{
    struct pair bodies = {pair->where, body_of(pair->a), body_of(pair->b)};
    size_t before = c->out->findings.count;

    if (bytes_equal(bodies.a, bodies.b))
        return 0;
    int ret = compare_text(c, &bodies, err);
    for (size_t i = before; i < c->out->findings.count; i++)
        if (c->out->findings.items[i].cause == CAUSE_TEXT)
            c->out->findings.items[i].cause = CAUSE_DESCRIPTION;
    return ret;
}

int compare_fields(struct context *c, const struct pair *pair, struct err *err)
{
    struct sides s = {.where = pair->where};
    size_t before = c->out->findings.count;
    bool readable = meta_fields_parse(pair->a.at, pair->a.len, &s.a, NULL) == 0 &&
                    meta_fields_parse(pair->b.at, pair->b.len, &s.b, NULL) == 0;
    int ret = 0;

    if (readable) {
        compare_all_fields(c, &s);
        ret = compare_bodies(c, pair, err);
    }
    meta_fields_release(&s.a);
    meta_fields_release(&s.b);
    /* The same fields in another order, or written otherwise. */
    if (ret == 0 && c->out->findings.count == before)
        ret = compare_text(c, pair, err);
    return ret;
}
