/*
 * Writes an open wheel in its normal form: which entries there are, in which order, under which
 * headers (docs/normal-form.md). For normal.c and its known-answer test; everybody else calls
 * normal_form, which first makes sure that this machine's libraries write the documented form.
 */
#pragma once

#include "system/pool.h"
#include "wheel/wheel.h"

struct normal_options {
    const char *file_name; /* for normal_form alone, which opens the wheel; NULL: unknown */
    bool trust_record;     /* do not compare contents with the RECORD that came with them */
    size_t memory_bytes;   /* 0: 256 MiB */

    spread_fn *run; /* lends threads (pool_spread); NULL: a loop */
    void *pool;     /* its first argument */
};

/* Errors and the state of out_fd are those of normal_form. */
int normal_write(const struct wheel *wheel, int out_fd, const struct normal_options *options,
                 size_t *ret_entries, struct err *err);
