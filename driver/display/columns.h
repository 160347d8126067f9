/*
 * How wide text is on a terminal: letters of Latin take one column, those of Chinese two, accents that
 * combine none (wcwidth(3)). Text is UTF-8 and printable (str_make_printable). Where libc cannot say,
 * a byte counts as a column, which is never too few. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

size_t columns_of(const char *text);

/* The bytes of the longest beginning, of whole characters, that takes at most so many columns. */
size_t columns_fitting(const char *text, size_t columns);

/* Whether the user's locale (LC_ALL, LC_CTYPE, LANG) has UTF-8. */
bool columns_show_utf8(void);
