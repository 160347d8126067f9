/*
 * What was found out about a machine: one finding for each thing that a build may need, with what to
 * type where it is wrong. Belongs to one thread.
 */
#pragma once

#include "base/util.h"

enum finding_state {
    FINDING_OK,
    FINDING_WARN,   /* it goes without, or not as well */
    FINDING_MISSING /* what needs it fails */
};

struct finding {
    const char *area; /* "sandbox"; static */
    char *name;       /* "namespaces"; owned like the others */
    char *text;       /* one line: what is there, or why not */
    char *remedy;     /* one line, to type or to set; NULL: none */
    enum finding_state state;
    bool needed; /* by every build: without it the machine is not fit */
};

struct findings {
    struct finding *items;
    size_t count;
    size_t cap;
};

/* Adds one; the result is valid until the next one is added. */
struct finding *findings_add(struct findings *findings, const char *area, const char *name,
                             enum finding_state state, const char *fmt, ...) PRINTF_LIKE(5, 6);
void finding_set_remedy(struct finding *finding, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* "ok", "warn", "missing". */
const char *finding_state_name(enum finding_state state);
/* Whether it is needed and missing. */
bool finding_is_lacking(const struct finding *finding);
/* Whether something that is needed is missing. */
bool findings_lack_something(const struct findings *findings);
void findings_release(struct findings *findings);
