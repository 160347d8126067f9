/* Keeps the findings of a comparison. */
#include "compare/comparison.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/vec.h"

void comparison_release(struct comparison *c)
{
    for (size_t i = 0; i < c->findings.count; i++) {
        struct finding *f = &c->findings.items[i];
        free(f->where);
        free(f->part);
        free(f->a);
        free(f->b);
        free(f->detail);
    }
    free(c->findings.items);
    *c = (struct comparison)COMPARISON_INIT;
}

/* A copy without control characters; NULL stays NULL. */
static char *copy_text(const char *text, size_t most, const char *keep)
{
    if (!text)
        return NULL;
    size_t len = strnlen(text, most);
    struct str copy = STR_INIT;
    str_append(&copy, text, len);
    if (text[len])
        str_add(&copy, "…");
    char *ret = str_detach(&copy);
    str_make_printable(ret, keep);
    return ret;
}

void comparison_add(struct comparison *c, const struct finding_spec *spec)
{
    if (c->findings.count >= COMPARISON_MAX_FINDINGS) {
        c->left_out++;
        return;
    }
    VEC_GROW(&c->findings);
    c->findings.items[c->findings.count++] =
        (struct finding){.cause = spec->cause,
                         .where = copy_text(spec->where, COMPARISON_MAX_VALUE, ""),
                         .part = copy_text(spec->part, COMPARISON_MAX_VALUE, ""),
                         .a = copy_text(spec->a, COMPARISON_MAX_VALUE, "\t"),
                         .b = copy_text(spec->b, COMPARISON_MAX_VALUE, "\t"),
                         .detail = copy_text(spec->detail, COMPARISON_MAX_DETAIL, "\n\t"),
                         .follows = spec->follows};
}

void comparison_add_values(struct comparison *c, enum cause cause, const char *where,
                           const char *part, const char *a, const char *b)
{
    if (!str_eq(a, b))
        comparison_add(c, &(struct finding_spec){
                              .cause = cause, .where = where, .part = part, .a = a, .b = b});
}

bool comparison_has(const struct comparison *c, size_t from, enum cause cause)
{
    for (size_t i = from; i < c->findings.count; i++)
        if (c->findings.items[i].cause == cause)
            return true;
    return false;
}

bool comparison_tells(const struct comparison *c, enum cause cause)
{
    for (size_t i = 0; i < c->findings.count; i++)
        if (c->findings.items[i].cause == cause && !c->findings.items[i].follows)
            return true;
    return false;
}

bool comparison_explains(const struct comparison *c, size_t from)
{
    for (size_t i = from; i < c->findings.count; i++)
        if (!c->findings.items[i].follows && !cause_is_vague(c->findings.items[i].cause))
            return true;
    return false;
}
