/* PEP 440 versions: parsing, order, normal spelling. */
#include "wheel/pep440.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/vec.h"

/* Where a parser stands. It only moves forward: the grammar needs no backtracking beyond one part. */
struct scan {
    const char *p;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_label(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_separator(char c)
{
    return c == '.' || c == '-' || c == '_';
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f);
}

static bool scan_digits(struct scan *s, struct pep440_number *ret)
{
    const char *start = s->p;

    while (is_digit(*s->p))
        s->p++;
    if (s->p == start)
        return false;
    while (start < s->p && *start == '0')
        start++;
    *ret = (struct pep440_number){start, (size_t)(s->p - start)};
    return true;
}

static bool scan_word(struct scan *s, const char *word)
{
    size_t len = strlen(word);

    if (strncasecmp(s->p, word, len) != 0)
        return false;
    s->p += len;
    return true;
}

/*
 * One of the words, with an optional separator before and behind, and an optional number: the shape of
 * ".post1", "-rc_2", "dev". Returns the word's index, or -1 with nothing consumed.
 */
static int scan_tagged(struct scan *s, const char *const *words, struct pep440_number *ret_number)
{
    struct scan at = *s;

    if (is_separator(*at.p))
        at.p++;
    for (int i = 0; words[i]; i++) {
        if (!scan_word(&at, words[i]))
            continue;
        if (is_separator(*at.p))
            at.p++;
        *ret_number = (struct pep440_number){at.p, 0};
        scan_digits(&at, ret_number);
        *s = at;
        return i;
    }
    return -1;
}

static void scan_pre(struct scan *s, struct pep440 *v)
{
    static const char *const words[] = {"alpha", "a", "beta", "b", "preview",
                                        "pre",   "c", "rc",   NULL};
    static const enum pep440_pre kinds[] = {PEP440_PRE_A,  PEP440_PRE_A,  PEP440_PRE_B,
                                            PEP440_PRE_B,  PEP440_PRE_RC, PEP440_PRE_RC,
                                            PEP440_PRE_RC, PEP440_PRE_RC};
    int word = scan_tagged(s, words, &v->pre);

    if (word >= 0)
        v->pre_kind = kinds[word];
}

static void scan_post(struct scan *s, struct pep440 *v)
{
    static const char *const words[] = {"post", "rev", "r", NULL};

    if (*s->p == '-' && is_digit(s->p[1])) {
        s->p++;
        v->has_post = scan_digits(s, &v->post);
        return;
    }
    v->has_post = scan_tagged(s, words, &v->post) >= 0;
}

static void scan_dev(struct scan *s, struct pep440 *v)
{
    static const char *const words[] = {"dev", NULL};

    v->has_dev = scan_tagged(s, words, &v->dev) >= 0;
}

static void add_label(struct pep440 *v, const char *start, const char *end)
{
    bool numeric = true;

    for (const char *p = start; p < end; p++)
        numeric = numeric && is_digit(*p);
    while (numeric && start < end && *start == '0')
        start++;
    VEC_GROW(&v->local);
    v->local.items[v->local.count++] =
        (struct pep440_label){{start, (size_t)(end - start)}, numeric};
}

static void scan_local(struct scan *s, struct pep440 *v)
{
    if (*s->p != '+' || !is_label(s->p[1]))
        return;
    do {
        const char *start = ++s->p;
        while (is_label(*s->p))
            s->p++;
        add_label(v, start, s->p);
    } while (is_separator(*s->p) && is_label(s->p[1]));
}

static void scan_epoch(struct scan *s, struct pep440 *v)
{
    struct scan at = *s;
    struct pep440_number number;

    v->epoch = (struct pep440_number){s->p, 0};
    if (scan_digits(&at, &number) && *at.p == '!') {
        v->epoch = number;
        s->p = at.p + 1;
    }
}

static bool scan_release(struct scan *s, struct pep440 *v)
{
    struct pep440_number number;

    do {
        if (!scan_digits(s, &number))
            return false;
        VEC_GROW(&v->release);
        v->release.items[v->release.count++] = number;
    } while (*s->p == '.' && is_digit(s->p[1]) && s->p++);
    return true;
}

/* "v", epoch and release: what stands before everything optional. */
static bool scan_base(struct scan *s, struct pep440 *v)
{
    if (*s->p == 'v' || *s->p == 'V')
        s->p++;
    scan_epoch(s, v);
    return scan_release(s, v);
}

static void scan_suffixes(struct scan *s, struct pep440 *v)
{
    scan_pre(s, v);
    scan_post(s, v);
    scan_dev(s, v);
}

void pep440_release(struct pep440 *v)
{
    free(v->text);
    free(v->release.items);
    free(v->local.items);
    *v = (struct pep440)PEP440_INIT;
}

size_t pep440_scan(const char *text, enum pep440_extent extent, size_t *ret_release_parts)
{
    auto_pep440 struct pep440 v = PEP440_INIT;
    struct scan s = {text};

    if (!scan_base(&s, &v))
        return 0;
    if (extent >= PEP440_PUBLIC)
        scan_suffixes(&s, &v);
    if (extent >= PEP440_FULL)
        scan_local(&s, &v);
    *ret_release_parts = v.release.count;
    return (size_t)(s.p - text);
}

bool pep440_parse(struct pep440 *v, const char *text)
{
    *v = (struct pep440){.text = xstrdup(text)};
    for (char *p = v->text; *p; p++)
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p);

    struct scan s = {v->text};
    while (is_space(*s.p))
        s.p++;
    bool good = scan_base(&s, v);
    if (good) {
        scan_suffixes(&s, v);
        scan_local(&s, v);
        while (is_space(*s.p))
            s.p++;
        good = *s.p == '\0';
    }
    if (!good)
        pep440_release(v);
    return good;
}

int pep440_cmp_number(struct pep440_number a, struct pep440_number b)
{
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return a.len ? memcmp(a.digits, b.digits, a.len) : 0;
}

/* Missing parts of a release are zeros. */
static struct pep440_number release_part(const struct pep440 *v, size_t i)
{
    return i < v->release.count ? v->release.items[i] : (struct pep440_number){"", 0};
}

int pep440_cmp_release(const struct pep440 *a, const struct pep440 *b)
{
    size_t count = a->release.count > b->release.count ? a->release.count : b->release.count;
    int cmp = 0;

    for (size_t i = 0; i < count && !cmp; i++)
        cmp = pep440_cmp_number(release_part(a, i), release_part(b, i));
    return cmp;
}

bool pep440_same_prefix(const struct pep440 *a, const struct pep440 *b, size_t count)
{
    if (pep440_cmp_number(a->epoch, b->epoch) != 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (pep440_cmp_number(release_part(a, i), release_part(b, i)) != 0)
            return false;
    return true;
}

/* 1.0.dev1 comes before every pre-release of 1.0, and 1.0 itself behind them. */
static int pre_rank(const struct pep440 *v)
{
    if (v->pre_kind != PEP440_PRE_NONE)
        return (int)v->pre_kind;
    return v->has_dev && !v->has_post ? 0 : PEP440_PRE_RC + 1;
}

static int pre_cmp(const struct pep440 *a, const struct pep440 *b)
{
    int cmp = pre_rank(a) - pre_rank(b);

    return cmp || a->pre_kind == PEP440_PRE_NONE ? cmp : pep440_cmp_number(a->pre, b->pre);
}

static int post_cmp(const struct pep440 *a, const struct pep440 *b)
{
    int cmp = (int)a->has_post - (int)b->has_post;

    return cmp || !a->has_post ? cmp : pep440_cmp_number(a->post, b->post);
}

static int dev_cmp(const struct pep440 *a, const struct pep440 *b)
{
    int cmp = (int)b->has_dev - (int)a->has_dev;

    return cmp || !a->has_dev ? cmp : pep440_cmp_number(a->dev, b->dev);
}

/* Texts sort before numbers. */
static int label_cmp(const struct pep440_label *a, const struct pep440_label *b)
{
    if (a->numeric != b->numeric)
        return a->numeric ? 1 : -1;
    if (a->numeric)
        return pep440_cmp_number(a->text, b->text);
    size_t len = a->text.len < b->text.len ? a->text.len : b->text.len;
    int cmp = memcmp(a->text.digits, b->text.digits, len);
    if (cmp || a->text.len == b->text.len)
        return cmp;
    return a->text.len < b->text.len ? -1 : 1;
}

static int local_cmp(const struct pep440 *a, const struct pep440 *b)
{
    for (size_t i = 0; i < a->local.count && i < b->local.count; i++) {
        int cmp = label_cmp(&a->local.items[i], &b->local.items[i]);
        if (cmp)
            return cmp;
    }
    return (a->local.count > b->local.count) - (a->local.count < b->local.count);
}

int pep440_cmp_public(const struct pep440 *a, const struct pep440 *b)
{
    int cmp = pep440_cmp_number(a->epoch, b->epoch);

    cmp = cmp ? cmp : pep440_cmp_release(a, b);
    cmp = cmp ? cmp : pre_cmp(a, b);
    cmp = cmp ? cmp : post_cmp(a, b);
    return cmp ? cmp : dev_cmp(a, b);
}

int pep440_cmp(const struct pep440 *a, const struct pep440 *b)
{
    int cmp = pep440_cmp_public(a, b);

    return cmp ? cmp : local_cmp(a, b);
}

bool pep440_is_prerelease(const struct pep440 *v)
{
    return v->pre_kind != PEP440_PRE_NONE || v->has_dev;
}

static void add_number(struct str *out, const char *prefix, struct pep440_number n)
{
    str_add(out, prefix);
    if (n.len)
        str_append(out, n.digits, n.len);
    else
        str_addch(out, '0');
}

static void add_local(struct str *out, const struct pep440 *v)
{
    for (size_t i = 0; i < v->local.count; i++) {
        const struct pep440_label *label = &v->local.items[i];
        const char *separator = i ? "." : "+";
        if (label->numeric) {
            add_number(out, separator, label->text);
            continue;
        }
        str_add(out, separator);
        str_append(out, label->text.digits, label->text.len);
    }
}

char *pep440_str(const struct pep440 *v)
{
    static const char *const pre[] = {"", "a", "b", "rc"};
    auto_str struct str out = STR_INIT;

    if (v->epoch.len) {
        add_number(&out, "", v->epoch);
        str_addch(&out, '!');
    }
    for (size_t i = 0; i < v->release.count; i++)
        add_number(&out, i ? "." : "", v->release.items[i]);
    if (v->pre_kind != PEP440_PRE_NONE)
        add_number(&out, pre[v->pre_kind], v->pre);
    if (v->has_post)
        add_number(&out, ".post", v->post);
    if (v->has_dev)
        add_number(&out, ".dev", v->dev);
    add_local(&out, v);
    return str_detach(&out);
}
