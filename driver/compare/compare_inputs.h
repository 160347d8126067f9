/*
 * What two wheels were built from, as the records of their runs tell it (record/run_record.h): the parts
 * of the keys that differ explain most differences, before any byte is looked at.
 */
#pragma once

#include "compare/comparison.h"
#include "record/run_record.h"

/* How to find a wheel in a record. */
struct recorded {
    const struct run_record *record;
    const char *file;   /* its name, without a directory */
    const char *sha256; /* of its bytes; that counts before the name */
};

/* Adds findings; *ret_inputs is what they amount to. */
void compare_inputs(struct comparison *c, const struct recorded *a, const struct recorded *b,
                    enum comparison_inputs *ret_inputs);
