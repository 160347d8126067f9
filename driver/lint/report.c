/* Keeps findings. */
#include "lint/report.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/str.h"

bool lint_wants(const struct lint_report *r, enum lint_rule rule)
{
    return r->selection->on[rule];
}

static void push(struct lint_report *r, struct lint_finding finding)
{
    VEC_GROW(&r->findings);
    r->findings.items[r->findings.count++] = finding;
}

void lint_add(struct lint_report *r, enum lint_rule rule, const char *where, const char *fmt, ...)
{
    struct str text = STR_INIT;
    va_list ap;

    if (!lint_wants(r, rule) || r->counts[rule]++ >= LINT_MAX_OF_RULE)
        return;
    va_start(ap, fmt);
    str_vaddf(&text, fmt, ap);
    va_end(ap);
    char *message = str_detach(&text), *file = where ? xstrdup(where) : NULL;
    str_make_line(message);
    if (file)
        str_make_line(file);
    push(r, (struct lint_finding){rule, file, message});
}

/* By rule; within one, as they were found. */
static void sort(struct lint_report *r)
{
    struct lint_finding *sorted = xcalloc(r->findings.count + 1, sizeof(*sorted));
    size_t at = 0;

    for (int rule = 0; rule < LINT_RULE_COUNT; rule++)
        for (size_t i = 0; i < r->findings.count; i++)
            if (r->findings.items[i].rule == (enum lint_rule)rule)
                sorted[at++] = r->findings.items[i];
    free(r->findings.items);
    r->findings.items = sorted;
    r->findings.cap = r->findings.count + 1;
}

void lint_report_finish(struct lint_report *r)
{
    for (int rule = 0; rule < LINT_RULE_COUNT; rule++)
        if (r->counts[rule] > LINT_MAX_OF_RULE)
            push(r, (struct lint_finding){
                        (enum lint_rule)rule, NULL,
                        xasprintf("%zu more of this kind", r->counts[rule] - LINT_MAX_OF_RULE)});
    sort(r);
}

bool lint_report_is_fixable(const struct lint_report *r)
{
    for (size_t i = 0; i < r->findings.count; i++)
        if (lint_rule_info(r->findings.items[i].rule)->fixable)
            return true;
    return false;
}

void lint_report_release(struct lint_report *r)
{
    for (size_t i = 0; i < r->findings.count; i++) {
        free(r->findings.items[i].where);
        free(r->findings.items[i].message);
    }
    free(r->findings.items);
    *r = (struct lint_report){.selection = NULL};
}
