/*
 * Versions: PEP 440 as `packaging` 26 reads it, which is what pip uses. Specifiers: specifier.h.
 *
 * A struct pep440 owns a lower-case copy of its text; its numbers point into that copy, so they may
 * have any number of digits. Numbers compare by length, then bytewise, and are never converted.
 * Nothing here touches process state; any thread.
 */
#pragma once

#include "base/util.h"

/* Decimal digits without leading zeros: zero has len 0. */
struct pep440_number {
    const char *digits;
    size_t len;
};

struct pep440_numbers {
    struct pep440_number *items;
    size_t count;
    size_t cap;
};

/* A part of the local version: digits (leading zeros removed) or text. */
struct pep440_label {
    struct pep440_number text;
    bool numeric;
};

struct pep440_labels {
    struct pep440_label *items;
    size_t count;
    size_t cap;
};

enum pep440_pre { PEP440_PRE_NONE, PEP440_PRE_A, PEP440_PRE_B, PEP440_PRE_RC };

struct pep440 {
    char *text; /* owned */
    struct pep440_number epoch;
    struct pep440_numbers release; /* owned, at least one */
    enum pep440_pre pre_kind;
    struct pep440_number pre;
    bool has_post;
    struct pep440_number post;
    bool has_dev;
    struct pep440_number dev;
    struct pep440_labels local; /* owned */
};

#define PEP440_INIT                                                                                \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_pep440 __attribute__((cleanup(pep440_release)))

/* False, with *v empty, when the text is no version. Blanks around it are allowed. */
bool pep440_parse(struct pep440 *v, const char *text);
void pep440_release(struct pep440 *v);

/*
 * The length of the version at the start of text, as far as the parts that are asked for go; 0 when
 * there is none. For parsers that find versions inside something larger.
 */
enum pep440_extent { PEP440_RELEASE, PEP440_PUBLIC, PEP440_FULL };
size_t pep440_scan(const char *text, enum pep440_extent extent, size_t *ret_release_parts);

/* Negative, zero or positive, in the order of PEP 440: 1.0.dev1 < 1.0a1 < 1.0 = 1 < 1.0+x < 1.0.post1. */
int pep440_cmp(const struct pep440 *a, const struct pep440 *b);
/* The same without the local version: 1.0+x equals 1.0. */
int pep440_cmp_public(const struct pep440 *a, const struct pep440 *b);
int pep440_cmp_release(const struct pep440 *a, const struct pep440 *b);
int pep440_cmp_number(struct pep440_number a, struct pep440_number b);
/* Same epoch, and the first `count` parts of the release equal, missing ones being zeros. */
bool pep440_same_prefix(const struct pep440 *a, const struct pep440 *b, size_t count);
bool pep440_is_prerelease(const struct pep440 *v);

/* The normal spelling ("1.0-ALPHA.1" is "1.0a1"). Owned by the caller. */
char *pep440_str(const struct pep440 *v);
