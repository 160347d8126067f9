/*
 * What a comparison of two wheels has found, as data: findings in the order in which a person wants to
 * read them (inputs, then file by file, then the archive), each with its cause. Printing is the
 * commands' affair.
 *
 * Strings are owned, may hold what the wheels hold (names are printable, values are not cut for
 * terminals but have no control characters) and are cut at COMPARISON_MAX_VALUE. Not shared between
 * threads while it is made.
 */
#pragma once

#include "compare/cause.h"

enum { COMPARISON_MAX_FINDINGS = 5000, COMPARISON_MAX_VALUE = 2000, COMPARISON_MAX_DETAIL = 65536 };

struct finding {
    enum cause cause;
    char *where;  /* the file; "a.zip!/b" is in an archive in the wheel; NULL: the wheel itself */
    char *part;   /* what of it: a field, a section, a name; NULL: all of it */
    char *a, *b;  /* what either side has; NULL: nothing */
    char *detail; /* lines, such as a unified diff; NULL: none */
    bool follows; /* it must be so because of another finding: not a cause of its own */
};

enum comparison_inputs {
    COMPARISON_INPUTS_UNKNOWN, /* there is no record, or not of both */
    COMPARISON_INPUTS_EQUAL,   /* all parts of the keys are the same */
    COMPARISON_INPUTS_DIFFER
};

struct comparison {
    bool equal; /* byte for byte */
    enum comparison_inputs inputs;
    bool same_content; /* the same files with the same bytes and x bits: one normal form */
    struct {
        struct finding *items;
        size_t count;
        size_t cap;
    } findings;
    size_t left_out; /* findings beyond COMPARISON_MAX_FINDINGS */
};

#define COMPARISON_INIT                                                                            \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_comparison __attribute__((cleanup(comparison_release)))

void comparison_release(struct comparison *c);

/* What comparison_add takes: borrowed strings, all of them may be NULL. */
struct finding_spec {
    enum cause cause;
    const char *where, *part, *a, *b, *detail;
    bool follows;
};
void comparison_add(struct comparison *c, const struct finding_spec *spec);
/* The same for a value that should be on both sides; nothing when it is. */
void comparison_add_values(struct comparison *c, enum cause cause, const char *where,
                           const char *part, const char *a, const char *b);

/* Whether a finding of that cause was added at or behind position `from`. */
bool comparison_has(const struct comparison *c, size_t from, enum cause cause);
/* Whether a finding of that cause follows from no other. */
bool comparison_tells(const struct comparison *c, enum cause cause);
/* Whether one was added there that is neither vague nor follows from another. */
bool comparison_explains(const struct comparison *c, size_t from);
