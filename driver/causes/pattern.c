/* Matches a line with a pattern. */
#include "causes/pattern.h"

#include <ctype.h>
#include <string.h>

struct text {
    const char *at, *end;
};

static bool is_word(unsigned char c)
{
    return c > ' ' && c < 0x7f && !strchr("'\"`<>()[]{},;", c);
}

/* The bytes of a quote that begins here; 0: none does. */
static size_t quote_len(const struct text *t)
{
    static const char *const quotes[] = {
        "'", "`", "\"", "\xe2\x80\x98", "\xe2\x80\x99", "\xe2\x80\x9c", "\xe2\x80\x9d"};

    for (size_t i = 0; i < ARRAY_SIZE(quotes); i++) {
        size_t len = strlen(quotes[i]);
        if ((size_t)(t->end - t->at) >= len && memcmp(t->at, quotes[i], len) == 0)
            return len;
    }
    return 0;
}

static bool is_blank(const struct text *t)
{
    for (const char *p = t->at; p < t->end; p++)
        if (!isspace((unsigned char)*p))
            return false;
    return true;
}

/* A pattern's literal bytes up to the next '%'. */
static size_t literal_len(const char *pattern)
{
    return strcspn(pattern, "%");
}

/* What must follow: 1 it does, and t->at is behind it; 0 it does not. Literals and quotes only. */
static bool take_fixed(const char **pattern, struct text *t)
{
    for (;;) {
        size_t len = literal_len(*pattern);
        if ((size_t)(t->end - t->at) < len || memcmp(t->at, *pattern, len) != 0)
            return false;
        t->at += len;
        *pattern += len;
        if ((*pattern)[0] != '%' || (*pattern)[1] != '\'')
            return true;
        size_t quote = quote_len(t);
        if (!quote)
            return false;
        t->at += quote;
        *pattern += 2;
    }
}

/* Whether the pattern goes on here as far as it has fixed parts, or ends as it must. */
static bool goes_on(const char *pattern, struct text t)
{
    if (!take_fixed(&pattern, &t))
        return false;
    return pattern[0] != '%' || pattern[1] != '$' || is_blank(&t);
}

static bool take_word(const char *rest, struct text *t, const char **ret_start, size_t *ret_len)
{
    const char *start = t->at;
    bool last = !rest[0];

    while (t->at < t->end && is_word((unsigned char)*t->at)) {
        t->at++;
        if (!last && goes_on(rest, *t))
            break;
    }
    *ret_start = start;
    *ret_len = (size_t)(t->at - start);
    while (last && *ret_len > 1 && strchr(".:!", start[*ret_len - 1]))
        --*ret_len;
    return *ret_len > 0;
}

static bool take_any(const char *rest, struct text *t)
{
    for (; t->at < t->end; t->at++)
        if (goes_on(rest, *t))
            return true;
    return goes_on(rest, *t);
}

static bool match_at(const char *pattern, struct text t, struct pattern_match *match)
{
    for (;;) {
        if (!take_fixed(&pattern, &t))
            return false;
        if (!pattern[0])
            return true;
        char what = pattern[1];
        pattern += 2;
        if (what == '$')
            return is_blank(&t);
        if (what == '*' && !take_any(pattern, &t))
            return false;
        if (what >= '1' && what < '1' + PATTERN_WORDS &&
            !take_word(pattern, &t, &match->words[what - '1'].start, &match->words[what - '1'].len))
            return false;
    }
}

/* A word at the very start of a pattern goes back from what follows it. */
static bool match_behind_word(const char *pattern, const struct text *line,
                              struct pattern_match *match)
{
    size_t len = literal_len(pattern + 2);
    const char *from = line->at, *found;

    while ((found = memmem(from, (size_t)(line->end - from), pattern + 2, len))) {
        const char *start = found;
        while (start > line->at && is_word((unsigned char)start[-1]))
            start--;
        if (start < found && match_at(pattern + 2, (struct text){found, line->end}, match)) {
            match->words[0].start = start;
            match->words[0].len = (size_t)(found - start);
            return true;
        }
        from = found + 1;
    }
    return false;
}

static bool match_anywhere(const char *pattern, const struct text *line,
                           struct pattern_match *match)
{
    size_t len = literal_len(pattern);
    const char *from = line->at, *found;

    while ((found = memmem(from, (size_t)(line->end - from), pattern, len))) {
        if (match_at(pattern, (struct text){found, line->end}, match))
            return true;
        from = found + 1;
    }
    return false;
}

bool pattern_matches(const char *pattern, const char *line, size_t len,
                     struct pattern_match *ret_match)
{
    struct text text = {line, line + len};
    struct pattern_match match = {0};
    bool found;

    if (pattern[0] == '%' && pattern[1] == '^') {
        while (text.at < text.end && isspace((unsigned char)*text.at))
            text.at++;
        found = match_at(pattern + 2, text, &match);
    } else if (pattern[0] == '%' && pattern[1] == '1') {
        found = match_behind_word(pattern, &text, &match);
    } else {
        found = match_anywhere(pattern, &text, &match);
    }
    if (found)
        *ret_match = match;
    return found;
}
