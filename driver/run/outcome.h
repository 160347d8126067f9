/*
 * What came of a run, for whoever asked for it: what was delivered and from what (the record), what
 * failed, what ended it. Owns all of it, and says nothing to anybody: commands print.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "record/run_record.h"

struct outcome {
    struct run_record record; /* wheels: what lies in wheel_dir now, in the resolver's order */
    char *wheel_dir;          /* NULL: the run ended before it was known */
    json_t *report;           /* pip's installation report; NULL when there is none */
    struct {
        struct err *items; /* builds that failed, in the order of their ends */
        size_t count;
        size_t cap;
    } failures;
    size_t unchanged; /* wheels that lay in wheel_dir already, with the same bytes */
    json_t *lost;     /* of a record: why a wheel cannot be built, by its directory; NULL: none */
    json_t *others;   /* what is not the locked wheel, likewise */
    int signal;       /* that stopped the run; 0: none */
};

#define auto_outcome __attribute__((cleanup(outcome_release)))

void outcome_add_failure(struct outcome *outcome, struct err *err); /* takes err */
void outcome_release(struct outcome *outcome);
