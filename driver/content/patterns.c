/* Recognises what builds leave in text. */
#include "content/patterns.h"

#include <string.h>

#include "content/dates.h"

static char peek(const struct span *s, size_t at)
{
    return at < s->len ? s->text[at] : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_alnum(char c)
{
    return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z');
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* What a name of a file may have without being told apart from the text around it. */
static bool is_path_char(char c)
{
    return is_alnum(c) || (c && strchr("._+-~@%,=", c)) || (uint8_t)c >= 0x80;
}

/* Nothing that belongs to the same word stands before. */
static bool begins_word(const struct span *s, size_t at)
{
    char before = at ? s->text[at - 1] : '\0';

    return !is_alnum(before) && before != '_';
}

/* -------------------------------------------------------------------------------- random names */

/* Python's tempfile writes eight of [a-z0-9_], mkstemp(3) six of any letters. */
static size_t count_random(const struct span *s, size_t at, bool upper)
{
    size_t len = 0;

    while (len < 16 &&
           (is_lower(peek(s, at + len)) || is_digit(peek(s, at + len)) ||
            (peek(s, at + len) == '_' && !upper) || (upper && is_alnum(peek(s, at + len)))))
        len++;
    return len;
}

static bool looks_random(const struct span *s, size_t at, size_t len)
{
    size_t digits = 0, underscores = 0;

    for (size_t i = 0; i < len; i++) {
        digits += is_digit(s->text[at + i]);
        underscores += s->text[at + i] == '_';
    }
    /* "tmp_install" is a word: most random names have a digit, those without have no vowels' order. */
    return digits || (underscores && s->text[at] != '_');
}

static size_t match_prefixed(const struct span *s, size_t at)
{
    static const char *const prefixes[] = {"pip-build-env-",
                                           "pip-install-",
                                           "pip-req-build-",
                                           "pip-wheel-",
                                           "pip-unpack-",
                                           "pip-modern-metadata-",
                                           "pip-ephem-wheel-cache-",
                                           "pip-req-tracker-",
                                           "pip-build-tracker-",
                                           "pip-build-",
                                           "build-env-",
                                           "build-via-sdist-",
                                           ".mesonpy-",
                                           "pip-egg-info-",
                                           "cibw-run-",
                                           "pip-pip-egg-info-",
                                           "pip-standalone-pip-",
                                           "tmp",
                                           "scikit_build_"};

    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
        size_t prefix = strlen(prefixes[i]);
        if (at + prefix > s->len || memcmp(s->text + at, prefixes[i], prefix) != 0)
            continue;
        size_t random = count_random(s, at + prefix, false);
        bool is_tmp = prefixes[i][0] == 't';
        if (random == 8 && (!is_tmp || looks_random(s, at + prefix, random)))
            return prefix + random;
    }
    return 0;
}

/* "tmp.Ab12Cd34Ef" of mktemp(1), "ccAb12Cd.o" of gcc */
static size_t match_mixed(const struct span *s, size_t at)
{
    bool is_mktemp = at + 4 <= s->len && memcmp(s->text + at, "tmp.", 4) == 0;
    size_t prefix = is_mktemp ? 4 : 2;

    if (!is_mktemp && (peek(s, at) != 'c' || peek(s, at + 1) != 'c'))
        return 0;
    size_t random = count_random(s, at + prefix, true);
    if (is_mktemp)
        return random == 10 ? prefix + random : 0;
    const char *behind = s->text + at + prefix + random;
    return random == 6 && at + prefix + random + 2 <= s->len && behind[0] == '.' &&
                   (behind[1] == 'o' || behind[1] == 's' || behind[1] == 'c')
               ? prefix + random + 2
               : 0;
}

static size_t match_temp(const struct span *s, size_t at)
{
    if (!begins_word(s, at))
        return 0;
    size_t len = match_prefixed(s, at);
    return len ? len : match_mixed(s, at);
}

/* --------------------------------------------------------------------------------------- paths */

/* Before "/home" in "-I/home", "=/home", "file:///home", "'/home"; not in "a/home" or "//host/home". */
static bool may_begin_path(const struct span *s, size_t at)
{
    if (!at)
        return true;
    char before = s->text[at - 1];
    if (!before) /* in a table of strings */
        return true;
    if (at >= 2 && s->text[at - 2] == '-' && strchr("ILFBD", before))
        return true;
    if (at >= 7 && memcmp(s->text + at - 7, "file://", 7) == 0)
        return true;
    return !is_alnum(before) && !strchr("/._~-@%)}]>", before) && (uint8_t)before < 0x80;
}

static size_t match_unix_path(const struct span *s, size_t at)
{
    size_t p = at, parts = 0;

    if (peek(s, at) != '/' || !may_begin_path(s, at))
        return 0;
    while (peek(s, p) == '/' && is_path_char(peek(s, p + 1))) {
        p++;
        while (is_path_char(peek(s, p)))
            p++;
        parts++;
    }
    while (p > at && strchr(".,", s->text[p - 1])) /* the sentence's, not the path's */
        p--;
    return parts >= 2 ? p - at : 0;
}

static size_t match_windows_path(const struct span *s, size_t at)
{
    size_t p = at + 2, parts = 0;
    char drive = peek(s, at);

    if (!is_alnum(drive) || is_digit(drive) || peek(s, at + 1) != ':' || !begins_word(s, at))
        return 0;
    while ((peek(s, p) == '\\' || peek(s, p) == '/') &&
           (is_path_char(peek(s, p + 1)) || peek(s, p + 1) == '\\')) {
        p += peek(s, p + 1) == '\\' ? 2 : 1; /* in a string literal it is doubled */
        while (is_path_char(peek(s, p)) || (peek(s, p) == ' ' && is_path_char(peek(s, p + 1))))
            p++;
        parts++;
    }
    return parts >= 2 ? p - at : 0;
}

static size_t match_path(const struct span *s, size_t at)
{
    size_t len = match_unix_path(s, at);

    return len ? len : match_windows_path(s, at);
}

/* ------------------------------------------------------------------------------------- numbers */

static size_t count_hex(const struct span *s, size_t at)
{
    size_t len = 0;

    while (len < 256 && is_hex(peek(s, at + len)))
        len++;
    return len;
}

static size_t match_uuid(const struct span *s, size_t at)
{
    static const uint8_t groups[] = {8, 4, 4, 4, 12};
    size_t p = at;

    if (!begins_word(s, at))
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        if (i && peek(s, p++) != '-')
            return 0;
        if (count_hex(s, p) != groups[i])
            return 0;
        p += groups[i];
    }
    return p - at;
}

static size_t match_address(const struct span *s, size_t at)
{
    if (peek(s, at) != '0' || peek(s, at + 1) != 'x' || !begins_word(s, at))
        return 0;
    size_t digits = count_hex(s, at + 2);
    return digits >= 6 && digits <= 16 ? digits + 2 : 0;
}

static size_t match_digest(const struct span *s, size_t at)
{
    static const char prefix[] = "sha256=";
    size_t len = sizeof(prefix) - 1, p = at;

    if (at + len + 43 <= s->len && memcmp(s->text + at, prefix, len) == 0) {
        p = at + len;
        while (p < at + len + 43 && (is_alnum(s->text[p]) || strchr("-_+/", s->text[p])))
            p++;
        return p == at + len + 43 ? p - at : 0;
    }
    if (!begins_word(s, at))
        return 0;
    size_t digits = count_hex(s, at);
    return digits >= 32 && !is_alnum(peek(s, at + digits)) ? digits : 0;
}

static size_t match_version(const struct span *s, size_t at)
{
    size_t p = at, dots = 0;

    if (!begins_word(s, at) || (at && s->text[at - 1] == '.'))
        return 0;
    p += peek(s, p) == 'v';
    if (!is_digit(peek(s, p)))
        return 0;
    while (is_digit(peek(s, p)) || (peek(s, p) == '.' && is_digit(peek(s, p + 1)))) {
        dots += peek(s, p) == '.';
        p++;
    }
    /* "rc1", ".post1", ".dev0+g1234567" */
    while (dots && p - at < 100 &&
           (is_alnum(peek(s, p)) || (peek(s, p) == '+' && is_alnum(peek(s, p + 1))) ||
            (peek(s, p) == '.' && is_alnum(peek(s, p + 1)))))
        p++;
    return dots ? p - at : 0;
}

static size_t match_date(const struct span *s, size_t at)
{
    return begins_word(s, at) && (!at || s->text[at - 1] != '.') ? date_match(s, at) : 0;
}

/* ------------------------------------------------------------------------------------------ all */

static size_t (*const matchers[PATTERN_COUNT])(const struct span *s, size_t at) = {
    [PATTERN_TEMP] = match_temp,       [PATTERN_DATE] = match_date,
    [PATTERN_PATH] = match_path,       [PATTERN_UUID] = match_uuid,
    [PATTERN_ADDRESS] = match_address, [PATTERN_DIGEST] = match_digest,
    [PATTERN_VERSION] = match_version,
};

size_t pattern_match(enum pattern pattern, const char *text, size_t len, size_t at)
{
    const struct span s = {text, len};

    return at < len ? matchers[pattern](&s, at) : 0;
}

void pattern_mask(unsigned set, const char *text, size_t len, struct str *out)
{
    for (size_t at = 0; at < len;) {
        size_t found = 0;
        int p = 0;
        for (; p < PATTERN_COUNT && !found; p++)
            if (set >> p & 1)
                found = pattern_match((enum pattern)p, text, len, at);
        str_addch(out, found ? (char)p : text[at]);
        at += found ? found : 1;
    }
}
