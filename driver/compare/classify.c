/* Tells causes by the parts of two texts that differ. */
#include "compare/classify.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "content/patterns.h"

enum {
    WINDOW = 16384,
    BEFORE = 200,
    EXCERPT = 160,
    EXCERPT_BEFORE = 60,
    MOST_WORDS = 4096,
    MOST_LABEL = 16
};

static const enum cause causes[PATTERN_COUNT] = {
    [PATTERN_TEMP] = CAUSE_TEMPORARY_NAME,    [PATTERN_DATE] = CAUSE_BUILD_DATE,
    [PATTERN_PATH] = CAUSE_BUILD_PATH,        [PATTERN_UUID] = CAUSE_RANDOM_ID,
    [PATTERN_ADDRESS] = CAUSE_MEMORY_ADDRESS, [PATTERN_DIGEST] = CAUSE_DIGEST,
    [PATTERN_VERSION] = CAUSE_TOOL_VERSION,
};

/* ----------------------------------------------------------------------------------- differences */

/* Equal bytes at the start and at the end, which do not overlap. */
struct ends {
    size_t start, end;
};

static struct ends common_ends(struct bytes a, struct bytes b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    struct ends e = {0, 0};

    while (e.start < shorter && a.at[e.start] == b.at[e.start])
        e.start++;
    while (e.end < shorter - e.start && a.at[a.len - e.end - 1] == b.at[b.len - e.end - 1])
        e.end++;
    return e;
}

static struct bytes cut(struct bytes text, size_t start, size_t end)
{
    return (struct bytes){text.at + start, text.len - start - end};
}

static char *excerpt(struct bytes text, size_t start)
{
    size_t len = text.len - start < EXCERPT ? text.len - start : EXCERPT;
    struct str out = STR_INIT;

    str_add(&out, start ? "…" : "");
    str_append(&out, text.at + start, len);
    str_make_printable_bytes(out.buf, out.len, "");
    str_add(&out, start + len < text.len ? "…" : "");
    return str_detach(&out);
}

void classify_excerpts(struct bytes a, struct bytes b, char **ret_a, char **ret_b)
{
    size_t start = common_ends(a, b).start;

    start = start > EXCERPT_BEFORE ? start - EXCERPT_BEFORE : 0;
    if (a.len <= EXCERPT && b.len <= EXCERPT)
        start = 0;
    *ret_a = excerpt(a, start);
    *ret_b = excerpt(b, start);
}

/* -------------------------------------------------------------------------------------- patterns */

static bool equal_under(unsigned set, struct bytes a, struct bytes b)
{
    auto_str struct str x = STR_INIT, y = STR_INIT;

    pattern_mask(set, a.at, a.len, &x);
    pattern_mask(set, b.at, b.len, &y);
    return x.len == y.len && memcmp(x.buf, y.buf, x.len) == 0;
}

/* The things of one pattern, where those of the patterns before it have been taken away. */
static void collect(int pattern, struct bytes text, struct str *out)
{
    auto_str struct str masked = STR_INIT;

    pattern_mask((1U << pattern) - 1, text.at, text.len, &masked);
    for (size_t at = 0; at < masked.len;) {
        size_t len = pattern_match((enum pattern)pattern, masked.buf, masked.len, at);
        str_append(out, masked.buf + at, len);
        at += len ? len : 1;
    }
}

static bool differ_in(int pattern, struct bytes a, struct bytes b)
{
    auto_str struct str x = STR_INIT, y = STR_INIT;

    collect(pattern, a, &x);
    collect(pattern, b, &y);
    return x.len != y.len || memcmp(x.buf, y.buf, x.len) != 0;
}

static unsigned differing_patterns(struct bytes a, struct bytes b)
{
    unsigned set = 0;

    for (int p = 0; p < PATTERN_COUNT; p++)
        if (differ_in(p, a, b))
            set |= TEXT_CAUSE(causes[p]);
    return set;
}

/* ------------------------------------------------------------------------------------------ order */

static int compare_words(const void *a, const void *b)
{
    const struct bytes *x = a, *y = b;
    int order = memcmp(x->at, y->at, x->len < y->len ? x->len : y->len);

    return order ? order : (x->len > y->len) - (x->len < y->len);
}

static bool is_between_words(char c)
{
    return strchr(" \t\r\n,;:|()[]{}<>'\"=", c) != NULL; /* a NUL too */
}

/* The words; 0 when there are too many. */
static size_t split_words(struct bytes text, struct bytes *words)
{
    size_t count = 0;

    for (size_t at = 0; at < text.len;) {
        size_t start = at;
        while (at < text.len && !is_between_words(text.at[at]))
            at++;
        if (at > start) {
            if (count == MOST_WORDS)
                return 0;
            words[count++] = (struct bytes){text.at + start, at - start};
        }
        at += at == start;
    }
    return count;
}

static bool equal_words(const struct bytes *a, const struct bytes *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!bytes_equal(a[i], b[i]))
            return false;
    return true;
}

/* What only wraps at other places, or has other quotes, is in the same order. */
static bool same_words_reordered(struct bytes a, struct bytes b)
{
    auto_free struct bytes *words = xmalloc(2 * MOST_WORDS * sizeof(*words));
    struct bytes *others = words + MOST_WORDS;
    size_t count = split_words(a, words);

    if (count < 2 || count != split_words(b, others) || equal_words(words, others, count))
        return false;
    qsort(words, count, sizeof(*words), compare_words);
    qsort(others, count, sizeof(*others), compare_words);
    return equal_words(words, others, count);
}

bool classify_words_are(struct bytes text, bool (*accept)(void *arg, const char *word), void *arg)
{
    auto_free struct bytes *words = xmalloc(MOST_WORDS * sizeof(*words));
    size_t count = split_words(text, words), accepted = 0, names = 0;

    for (size_t i = 0; i < count; i++) {
        auto_free char *word = xstrndup(words[i].at, words[i].len);
        names += strchr(word, '.') || strchr(word, '/');
        accepted += accept(arg, word);
    }
    return accepted && accepted * 2 >= names;
}

/* --------------------------------------------------------------------------------- host and user */

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("_.-@", c));
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A word begins at `at`, maybe goes on ("hostname"), and then only what stands before a value follows. */
static bool labels(struct bytes text, size_t at, const char *word)
{
    size_t i = at + strlen(word);

    if (i > text.len || strncasecmp(text.at + at, word, strlen(word)) != 0 ||
        (at && is_letter(text.at[at - 1])) || text.len - i > MOST_LABEL)
        return false;
    while (i < text.len && (is_letter(text.at[i]) || text.at[i] == '_'))
        i++;
    for (; i < text.len; i++)
        if (!strchr("-:='\" \t", text.at[i]))
            return false;
    return true;
}

/* Where the last of the words begins that stand in the text before a name; -1: none does. */
static long last_label(struct bytes text, const char *const words[], size_t count)
{
    for (size_t at = text.len; at-- > 0;)
        for (size_t i = 0; i < count; i++)
            if (labels(text, at, words[i]))
                return (long)at;
    return -1;
}

/* What a name is, by what is said before it: "hostname = ", "built by ". */
static unsigned classify_by_label(struct bytes before)
{
    static const char *const hosts[] = {"host",     "node",   "machine",
                                        "computer", "server", "built on"};
    static const char *const users[] = {"user",     "login",       "logname", "builder",
                                        "built by", "compiled by", "owner",   "packager"};
    size_t len = before.len < 2 * MOST_LABEL ? before.len : 2 * MOST_LABEL;
    struct bytes near = {before.at + before.len - len, len};
    long host = last_label(near, hosts, ARRAY_SIZE(hosts));
    long user = last_label(near, users, ARRAY_SIZE(users));

    if (host < 0 && user < 0)
        return 0;
    return host > user ? TEXT_CAUSE(CAUSE_BUILD_HOST) : TEXT_CAUSE(CAUSE_BUILD_USER);
}

static struct bytes up_to_at(struct bytes name)
{
    const char *at = memchr(name.at, '@', name.len);

    return (struct bytes){name.at, at ? (size_t)(at - name.at) : name.len};
}

static struct bytes behind_at(struct bytes name)
{
    size_t user = up_to_at(name).len;

    return user < name.len ? cut(name, user + 1, 0) : cut(name, name.len, 0);
}

static unsigned classify_names(struct bytes a, struct bytes b)
{
    struct ends e = common_ends(a, b);

    /* Whole names, with "user@" or "@host" beside the part that differs. */
    while (e.start && is_name_char(a.at[e.start - 1]))
        e.start--;
    while (e.end && is_name_char(a.at[a.len - e.end]))
        e.end--;
    struct bytes x = cut(a, e.start, e.end), y = cut(b, e.start, e.end);
    for (size_t i = 0; i < x.len; i++)
        if (!is_name_char(x.at[i]))
            return 0;
    for (size_t i = 0; i < y.len; i++)
        if (!is_name_char(y.at[i]))
            return 0;
    if (!x.len || !y.len)
        return 0;
    unsigned set = 0;
    if (behind_at(x).len && behind_at(y).len) {
        set |= bytes_equal(up_to_at(x), up_to_at(y)) ? 0 : TEXT_CAUSE(CAUSE_BUILD_USER);
        set |= bytes_equal(behind_at(x), behind_at(y)) ? 0 : TEXT_CAUSE(CAUSE_BUILD_HOST);
        return set;
    }
    return classify_by_label((struct bytes){a.at, e.start});
}

/* -------------------------------------------------------------------------------------------- all */

static unsigned classify_window(struct bytes a, struct bytes b)
{
    const unsigned all = (1U << PATTERN_COUNT) - 1;

    for (int p = 0; p < PATTERN_COUNT; p++)
        if (equal_under(1U << p, a, b))
            return TEXT_CAUSE(causes[p]);
    if (equal_under(all, a, b))
        return differing_patterns(a, b);
    if (same_words_reordered(a, b))
        return TEXT_CAUSE(CAUSE_HASH_ORDER);
    auto_str struct str x = STR_INIT, y = STR_INIT;
    pattern_mask(all, a.at, a.len, &x);
    pattern_mask(all, b.at, b.len, &y);
    unsigned names = classify_names((struct bytes){x.buf, x.len}, (struct bytes){y.buf, y.len});
    return names ? names | differing_patterns(a, b) : TEXT_CAUSE(CAUSE_TEXT);
}

unsigned classify_texts(struct bytes a, struct bytes b)
{
    struct ends e = common_ends(a, b);

    /* Of long lines the part that differs, with what it may be a part of. */
    size_t start = a.len > WINDOW / 4 && e.start > BEFORE ? e.start - BEFORE : 0;
    size_t end = a.len > WINDOW / 4 && e.end > BEFORE ? e.end - BEFORE : 0;
    a = cut(a, start, end);
    b = cut(b, start, end);
    if (a.len > WINDOW || b.len > WINDOW)
        return TEXT_CAUSE(CAUSE_TEXT);
    return classify_window(a, b);
}
