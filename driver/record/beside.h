/*
 * The record of one wheel, to lie beside it: what the run's record says of it, and what that says of all
 * wheels. Equal for equal builds but for the member `run`, which tells of the one run (docs/record.md).
 */
#pragma once

#include "record/run_record.h"

/* The name of the file beside a wheel. The caller frees. */
char *beside_name(const struct record_item *item);
/* A new object. */
json_t *beside_to_json(const struct run_record *record, const struct record_item *item);
