/* Growable bytes, and text that somebody else wrote made safe to show. */
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char str_empty_buf[1] = "";

void str_release(struct str *s)
{
    if (s->cap)
        free(s->buf);
    *s = (struct str)STR_INIT;
}

void str_reset(struct str *s)
{
    str_truncate(s, 0);
}

void str_reserve(struct str *s, size_t extra)
{
    size_t need = s->len + extra + 1;

    if (need < extra)
        BUG("string too long");
    if (need <= s->cap)
        return;
    size_t cap = s->cap ? s->cap : 64;
    while (cap < need)
        cap *= 2;
    s->buf = xrealloc(s->cap ? s->buf : NULL, cap);
    if (!s->cap)
        s->buf[0] = '\0';
    s->cap = cap;
}

void str_append(struct str *s, const char *bytes, size_t len)
{
    if (!len)
        return;
    str_reserve(s, len);
    memcpy(s->buf + s->len, bytes, len);
    s->len += len;
    s->buf[s->len] = '\0';
}

void str_add(struct str *s, const char *text)
{
    str_append(s, text, strlen(text));
}

void str_addch(struct str *s, char c)
{
    str_append(s, &c, 1);
}

void str_vaddf(struct str *s, const char *fmt, va_list ap)
{
    char *text = NULL;
    int len = vasprintf(&text, fmt, ap);

    if (len < 0)
        BUG("vasprintf failed");
    str_append(s, text, (size_t)len);
    free(text);
}

void str_addf(struct str *s, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    str_vaddf(s, fmt, ap);
    va_end(ap);
}

void str_truncate(struct str *s, size_t len)
{
    if (len > s->len)
        BUG("truncate beyond the end");
    s->len = len;
    if (s->cap)
        s->buf[len] = '\0';
}

char *str_detach(struct str *s)
{
    str_reserve(s, 0);
    char *buf = s->buf;
    *s = (struct str)STR_INIT;
    return buf;
}

bool str_starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
    size_t len = strlen(s), suffix_len = strlen(suffix);

    return len >= suffix_len && memcmp(s + len - suffix_len, suffix, suffix_len) == 0;
}

bool str_eq(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

void hex_encode(const uint8_t *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * len] = '\0';
}

/*
 * The length of the valid UTF-8 sequence at p, 0 for none (RFC 3629: no surrogates, no overlong
 * forms).
 */
static size_t utf8_length(const unsigned char *p)
{
    size_t len = p[0] < 0x80                   ? 1
                 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2
                 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3
                 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4
                                               : 0;

    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
        (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
        return 0;
    return len;
}

/* The code point of a valid sequence of `len` bytes. */
static uint32_t utf8_decode(const unsigned char *p, size_t len)
{
    uint32_t code = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));

    for (size_t i = 1; i < len; i++)
        code = code << 6 | (p[i] & 0x3f);
    return code;
}

/*
 * Characters that change the order of others, or that nobody sees: with them "evil" can be shown as
 * "live", and two names look like one. Variation selectors are left: they follow every other emoji.
 */
static bool is_deceptive(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0xad, 0xad},     {0x34f, 0x34f},     {0x61c, 0x61c},     {0x115f, 0x1160},
        {0x17b4, 0x17b5}, {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},
        {0x2060, 0x206f}, {0x3164, 0x3164},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
        {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
    };

    for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

static bool is_unprintable(uint32_t code, const char *keep)
{
    if (code < ' ')
        return !code || !strchr(keep, (int)code);
    return (code >= 0x7f && code < 0xa0) || is_deceptive(code);
}

void str_make_printable_bytes(char *text, size_t len, const char *keep)
{
    unsigned char *end = (unsigned char *)text + len;

    for (unsigned char *p = (unsigned char *)text; p < end;) {
        size_t char_len = utf8_length(p);
        if (!char_len || is_unprintable(utf8_decode(p, char_len), keep))
            memset(p, '?', char_len ? char_len : 1);
        p += char_len ? char_len : 1;
    }
}

void str_make_printable(char *text, const char *keep)
{
    str_make_printable_bytes(text, strlen(text), keep);
}

void str_make_line(char *text)
{
    for (unsigned char *p = (unsigned char *)text; *p; p++) {
        if (*p < ' ' || *p == 0x7f)
            *p = ' ';
        else if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
            p[0] = p[1] = ' ';
    }
    str_make_printable(text, ""); /* replaces bytes that are not UTF-8: JSON cannot hold them */
}

void str_make_ascii(char *text)
{
    for (unsigned char *p = (unsigned char *)text; *p; p++)
        if (*p < ' ' || *p > '~')
            *p = '?';
}
