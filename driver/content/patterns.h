/*
 * What a build leaves in text, recognised by its form: dates and times, absolute paths, random names
 * of temporary files, addresses, digests, versions. Forms only: "/usr/lib" is a path and "12:30:00" a
 * time, wherever they come from; what it means that one is there is the caller's to judge.
 *
 * Matching looks at one place of a text and never further than a few hundred bytes, so that a scan is
 * linear. Text is bytes; nothing needs to end with a NUL. Any thread.
 */
#pragma once

#include "base/str.h"

enum pattern {
    PATTERN_TEMP,    /* a random name: tmpab12cd_e, pip-build-env-0a1b2c3d, cc1a2B3c.o */
    PATTERN_DATE,    /* a date, a time, both, or seconds since 1970 */
    PATTERN_PATH,    /* /a/b, C:\a\b */
    PATTERN_UUID,    /* 01234567-89ab-cdef-0123-456789abcdef */
    PATTERN_ADDRESS, /* 0x7f0011223344 */
    PATTERN_DIGEST,  /* 32 hexadecimal digits or more; sha256=BASE64 */
    PATTERN_VERSION, /* 1.2, 1.2.3rc1, v2.0 */
    PATTERN_COUNT
};

/* How many bytes from `at` on are such a thing, which must begin there; 0: none. */
size_t pattern_match(enum pattern pattern, const char *text, size_t len, size_t at);

/*
 * Appends the text to out, with one control byte in place of each thing of the patterns in the set
 * (bit n: pattern n). Two texts that differ in nothing else are then the same.
 */
void pattern_mask(unsigned set, const char *text, size_t len, struct str *out);
