/* Version specifiers and sets of them: parsing, and which versions they contain. */
#include "wheel/specifier.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/vec.h"

/* The longest operators first: "===" also starts with "==". */
static const struct {
    const char *text;
    enum specifier_op op;
} operators[] = {
    {"===", SPECIFIER_ARBITRARY}, {"==", SPECIFIER_EQ}, {"~=", SPECIFIER_COMPATIBLE},
    {"!=", SPECIFIER_NE},         {"<=", SPECIFIER_LE}, {">=", SPECIFIER_GE},
    {"<", SPECIFIER_LT},          {">", SPECIFIER_GT},
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
}

static const char *skip_spaces(const char *p)
{
    while (is_space(*p))
        p++;
    return p;
}

static const char *scan_operator(const char *p, enum specifier_op *ret)
{
    for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
        if (str_starts(p, operators[i].text)) {
            *ret = operators[i].op;
            return p + strlen(operators[i].text);
        }
    }
    return NULL;
}

static const char *scan_arbitrary(const char *p)
{
    while (*p && !is_space(*p) && *p != ';' && *p != ')')
        p++;
    return p;
}

/* A version as the operator allows it: wildcards and locals only for == and !=, two parts for ~=. */
static const char *scan_version(const char *p, enum specifier_op op, bool *ret_wildcard)
{
    bool equality = op == SPECIFIER_EQ || op == SPECIFIER_NE;
    size_t parts = 0, release = pep440_scan(p, PEP440_RELEASE, &parts);

    *ret_wildcard = equality && release && p[release] == '.' && p[release + 1] == '*';
    if (*ret_wildcard)
        return p + release + 2;
    if (!release || (op == SPECIFIER_COMPATIBLE && parts < 2))
        return NULL;
    return p + pep440_scan(p, equality ? PEP440_FULL : PEP440_PUBLIC, &parts);
}

struct specifier_parts {
    enum specifier_op op;
    bool wildcard;
    const char *version; /* up to end */
    const char *end;
};

static bool scan_specifier(const char *text, struct specifier_parts *ret)
{
    const char *p = scan_operator(text, &ret->op);

    if (!p)
        return false;
    ret->version = skip_spaces(p);
    ret->wildcard = false;
    ret->end = ret->op == SPECIFIER_ARBITRARY ? scan_arbitrary(ret->version)
                                              : scan_version(ret->version, ret->op, &ret->wildcard);
    return ret->end != NULL;
}

size_t specifier_scan(const char *text)
{
    struct specifier_parts parts;

    return scan_specifier(text, &parts) ? (size_t)(parts.end - text) : 0;
}

void specifier_release(struct specifier *s)
{
    free(s->version);
    pep440_release(&s->parsed);
    *s = (struct specifier)SPECIFIER_INIT;
}

bool specifier_parse(struct specifier *s, const char *text)
{
    struct specifier_parts parts;

    *s = (struct specifier)SPECIFIER_INIT;
    if (!scan_specifier(skip_spaces(text), &parts) || *skip_spaces(parts.end) != '\0')
        return false;
    s->op = parts.op;
    s->wildcard = parts.wildcard;
    s->version = xstrndup(parts.version, (size_t)(parts.end - parts.version));
    if (s->op == SPECIFIER_ARBITRARY)
        return true;
    auto_free char *base = xstrndup(s->version, strlen(s->version) - (s->wildcard ? 2 : 0));
    bool good = pep440_parse(&s->parsed, base);
    if (!good)
        specifier_release(s);
    return good;
}

static bool equals(const struct specifier *s, const struct pep440 *v)
{
    if (s->wildcard)
        return pep440_same_prefix(v, &s->parsed, s->parsed.release.count);
    return s->parsed.local.count ? pep440_cmp(v, &s->parsed) == 0
                                 : pep440_cmp_public(v, &s->parsed) == 0;
}

/* "<1.0" leaves out the pre-releases of 1.0 too, unless it names a pre-release itself. */
static bool is_less(const struct pep440 *v, const struct pep440 *bound)
{
    struct pep440 first = *bound; /* borrows everything */

    first.local = (struct pep440_labels){0};
    if (!pep440_is_prerelease(bound)) {
        first.has_dev = true;
        first.dev = (struct pep440_number){"", 0};
    }
    return pep440_cmp(v, &first) < 0;
}

/* ">1.0" leaves out 1.0.post1 and 1.0+local, ">1.0.post1" only the local versions of 1.0.post1. */
static bool is_greater(const struct pep440 *v, const struct pep440 *bound)
{
    if (pep440_cmp_public(v, bound) <= 0)
        return false;
    if (bound->has_dev || bound->has_post)
        return true;
    return pep440_cmp_number(v->epoch, bound->epoch) != 0 || pep440_cmp_release(v, bound) != 0 ||
           v->pre_kind != bound->pre_kind ||
           (v->pre_kind != PEP440_PRE_NONE && pep440_cmp_number(v->pre, bound->pre) != 0);
}

static bool fits(const struct specifier *s, const struct pep440 *v)
{
    switch (s->op) {
    case SPECIFIER_LT:
        return is_less(v, &s->parsed);
    case SPECIFIER_LE:
        return pep440_cmp_public(v, &s->parsed) <= 0;
    case SPECIFIER_EQ:
        return equals(s, v);
    case SPECIFIER_NE:
        return !equals(s, v);
    case SPECIFIER_GE:
        return pep440_cmp_public(v, &s->parsed) >= 0;
    case SPECIFIER_GT:
        return is_greater(v, &s->parsed);
    case SPECIFIER_COMPATIBLE:
        return pep440_cmp_public(v, &s->parsed) >= 0 &&
               pep440_same_prefix(v, &s->parsed, s->parsed.release.count - 1);
    case SPECIFIER_ARBITRARY:
        break;
    }
    BUG("operator %d", s->op);
}

bool specifier_contains(const struct specifier *s, const char *version, bool allow_prereleases)
{
    auto_pep440 struct pep440 v = PEP440_INIT;
    bool parsed = pep440_parse(&v, version);

    if (parsed && !allow_prereleases && pep440_is_prerelease(&v))
        return false;
    if (s->op == SPECIFIER_ARBITRARY)
        return strcasecmp(s->version, version) == 0;
    return parsed && fits(s, &v);
}

void specifier_set_release(struct specifier_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        specifier_release(&set->items[i]);
    free(set->items);
    *set = (struct specifier_set)SPECIFIER_SET_INIT;
}

bool specifier_set_parse(struct specifier_set *set, const char *text)
{
    auto_strv struct strv parts = STRV_INIT;

    *set = (struct specifier_set)SPECIFIER_SET_INIT;
    strv_split(&parts, text, ",");
    for (size_t i = 0; i < parts.count; i++) {
        if (*skip_spaces(parts.items[i]) == '\0')
            continue;
        VEC_GROW(set);
        if (!specifier_parse(&set->items[set->count], parts.items[i])) {
            specifier_set_release(set);
            return false;
        }
        set->count++;
    }
    return true;
}

bool specifier_set_contains(const struct specifier_set *set, const char *version,
                            bool allow_prereleases)
{
    for (size_t i = 0; i < set->count; i++)
        if (!specifier_contains(&set->items[i], version, allow_prereleases))
            return false;
    if (set->count || allow_prereleases)
        return true;
    auto_pep440 struct pep440 v = PEP440_INIT;
    return !pep440_parse(&v, version) || !pep440_is_prerelease(&v);
}
