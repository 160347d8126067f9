/*
 * Growable bytes. A struct str owns its buffer, which is always NUL-terminated behind len, so s.buf
 * can be given to anything that wants a C string; it may hold NUL bytes of its own.
 * STR_INIT is a valid empty string (buf "" is never NULL). Not shared between threads.
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
 * Makes text that somebody else wrote safe to show: control bytes (C0 but those in `keep`, DEL, and the
 * C1 controls as UTF-8) and what is not UTF-8 become '?'. In place; the length stays. The second form is
 * for bytes that may have NULs among them, which become '?' too; text[len] must be the NUL that ends it.
 */
void str_make_printable(char *text, const char *keep);
void str_make_printable_bytes(char *text, size_t len, const char *keep);

/* The same as one line, for errors and the log: controls become blanks, and cannot forge a second line. */
void str_make_line(char *text);

/*
 * The narrowest: what is not printable ASCII becomes '?'. For names that a stranger chose freely, which
 * nobody needs to read in full.
 */
void str_make_ascii(char *text);

/* Plain C string helpers. */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
bool str_eq(const char *a, const char *b); /* NULL equals only NULL */
/* Lower-case hex of bytes; out must hold 2 * len + 1. */
void hex_encode(const uint8_t *bytes, size_t len, char *out);
