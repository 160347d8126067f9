/*
 * Growable bytes. A struct str owns its buffer, which always has a NUL after len bytes, so that
 * s.buf can be used as a C string; the bytes before may have NULs among them. STR_INIT is a valid
 * empty string (buf "" is never NULL). Not shared between threads.
 */
#pragma once

#include <stdarg.h>

#include "base/util.h"

struct str {
    char *buf; /* never NULL; not owned while cap is 0 */
    size_t len;
    size_t cap;
};

extern char str_empty_buf[1];
#define STR_INIT                                                                                   \
    {                                                                                              \
        .buf = str_empty_buf, .len = 0, .cap = 0                                                   \
    }
#define auto_str __attribute__((cleanup(str_release)))

void str_release(struct str *s); /* frees; s is empty and usable again */
void str_reset(struct str *s);   /* len 0, keeps the buffer */
void str_reserve(struct str *s, size_t extra);
void str_append(struct str *s, const char *bytes, size_t len);
void str_add(struct str *s, const char *text);
void str_addch(struct str *s, char c);
void str_addf(struct str *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
void str_vaddf(struct str *s, const char *fmt, va_list ap);
void str_truncate(struct str *s, size_t len);
char *str_detach(struct str *s); /* hands over a malloc'ed C string; s is empty */

/*
 * Makes text that somebody else wrote safe to show. Control characters (C0 except those in `keep`,
 * DEL, and C1 in UTF-8), characters that reorder others or that nobody sees (bidirectional controls,
 * zero-width ones), and bytes that are not UTF-8 become '?', in place; the length stays the same. The second form is for text with NULs, which become '?' too; text[len] must be the NUL that
 * ends it.
 */
void str_make_printable(char *text, const char *keep);
void str_make_printable_bytes(char *text, size_t len, const char *keep);

/* The same for errors and the log: control characters become blanks, so that there is one line. */
void str_make_line(char *text);

/*
 * Every byte that is not printable ASCII becomes '?'. For names that a stranger chose freely and
 * that nobody needs to read in full.
 */
void str_make_ascii(char *text);

/* Plain C string helpers. */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
bool str_eq(const char *a, const char *b); /* NULL equals only NULL */
/* Lower-case hex of bytes; out must hold 2 * len + 1. */
void hex_encode(const uint8_t *bytes, size_t len, char *out);
