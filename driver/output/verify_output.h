/* What people see of a verification, and the exit status. */
#pragma once

#include "verify/verify.h"

struct verify_shown {
    bool json;  /* instead of the table */
    bool quiet; /* only what is not proven */
};

/* Prints all of it; returns the exit status, or that it could not be printed. */
int verify_conclude(const struct verification *v, const struct verify_shown *shown,
                    struct err *err);

/* The table; with `bad_only` just what is not proven, and why. */
void verify_print(const struct verification *v, bool bad_only);

/* Of a run's wheels: what is not proven, unless quiet, and the exit status for it. */
int verify_print_proofs(const struct verification *v, const struct run_record *record, bool quiet);

void verify_print_axes(void);

/* "build-date, random-id", or why, or NULL for a wheel that is proven. The caller frees. */
char *verify_reason(const struct verified *wheel);

/* One run with a display around it; `arg` is a struct display_options. */
int verify_run_shown(const struct wheel_options *options, void *arg, struct outcome *ret_outcome,
                     struct err *err);
