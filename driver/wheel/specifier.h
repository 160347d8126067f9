/*
 * Version specifiers and sets of them: PEP 440 as `packaging` 26 reads it. Any thread.
 */
#pragma once

#include "wheel/pep440.h"

enum specifier_op {
    SPECIFIER_LT,
    SPECIFIER_LE,
    SPECIFIER_EQ,
    SPECIFIER_NE,
    SPECIFIER_GE,
    SPECIFIER_GT,
    SPECIFIER_COMPATIBLE, /* ~= */
    SPECIFIER_ARBITRARY   /* ===: the text itself, in any case */
};

struct specifier {
    enum specifier_op op;
    char *version;        /* owned; as written, without blanks around it */
    bool wildcard;        /* "==1.2.*", "!=1.2.*" */
    struct pep440 parsed; /* the version without ".*"; empty for === */
};

#define SPECIFIER_INIT                                                                             \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_specifier __attribute__((cleanup(specifier_release)))

/* Parses all of the text, e.g. "~=1.4.2". False, with *s empty, when it is no specifier. */
bool specifier_parse(struct specifier *s, const char *text);
void specifier_release(struct specifier *s);

/*
 * Whether a version fits. A text that is no version fits nothing but ===. A single version is never
 * refused for being a pre-release when prereleases are allowed; when they are not, it is.
 */
bool specifier_contains(const struct specifier *s, const char *version, bool allow_prereleases);

struct specifier_set {
    struct specifier *items;
    size_t count;
    size_t cap;
};

#define SPECIFIER_SET_INIT                                                                         \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_specifier_set __attribute__((cleanup(specifier_set_release)))

/* Comma-separated specifiers, empty ones ignored. False, with *set empty, when one is invalid. */
bool specifier_set_parse(struct specifier_set *set, const char *text);
void specifier_set_release(struct specifier_set *set);
bool specifier_set_contains(const struct specifier_set *set, const char *version,
                            bool allow_prereleases);

/*
 * The length of the specifier at the start of text, 0 when there is none: for parsers that find
 * specifiers inside something larger (pep508.c).
 */
size_t specifier_scan(const char *text);
