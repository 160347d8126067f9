/*
 * What was found in one wheel. Strings are owned and printable. Of one rule at most LINT_MAX_OF_RULE
 * findings are kept, and one that says how many more there are. Not shared between threads while it is
 * made.
 */
#pragma once

#include "lint/rules.h"

enum { LINT_MAX_OF_RULE = 20 };

struct lint_finding {
    enum lint_rule rule;
    char *where;   /* a file of the wheel; NULL: the wheel */
    char *message; /* one line */
};

struct lint_report {
    const struct lint_selection *selection; /* borrowed; findings of other rules are not kept */
    struct {
        struct lint_finding *items; /* by rule, then in the order in which they were found */
        size_t count;
        size_t cap;
    } findings;
    size_t counts[LINT_RULE_COUNT];
};

/* `where` may be NULL. Both texts may be of strangers; they are made printable. */
void lint_add(struct lint_report *r, enum lint_rule rule, const char *where, const char *fmt, ...)
    PRINTF_LIKE(4, 5);
bool lint_wants(const struct lint_report *r, enum lint_rule rule);
/* Sorts, and adds how many findings were not kept. Once, at the end. */
void lint_report_finish(struct lint_report *r);
/* Whether something was found that the normal form mends. */
bool lint_report_is_fixable(const struct lint_report *r);
void lint_report_release(struct lint_report *r);
