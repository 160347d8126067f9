/* What came of a run: the wheels in the user's directory and the builds that failed. */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "plan/plan.h"

struct run;

struct delivery {
    const char *project; /* as pip names it; borrowed, like all of this */
    const char *version;
    const struct wheel_file *wheel; /* NULL: not delivered */
    const struct build *build;      /* NULL: from an index */
};

struct outcome {
    struct delivery *items; /* in the resolver's order */
    size_t count, cap;
    struct err *failures;
    size_t failure_count, failure_cap;
    const char *wheel_dir;
};

void outcome_release(struct outcome *outcome);
void outcome_add_failure(struct outcome *outcome, struct err *err); /* takes err */

/* The table on stdout: package, version, seconds, from where, sha256. */
int outcome_print_table(const struct outcome *outcome, struct err *err);

/*
 * The record of the run: what was built, from what, and what the bytes depend on. Described in
 * docs/record.md. A new object.
 */
json_t *outcome_record(const struct outcome *outcome, const struct run *run);

/* Writes JSON to a file, at once or not at all; "-" is stdout. */
int outcome_write_json(const json_t *json, const char *path, struct err *err);

/* A Makefile rule: every wheel depends on the requirement files, which get empty rules themselves. */
int outcome_write_depfile(const struct outcome *outcome, const struct run *run, const char *path,
                          struct err *err);
