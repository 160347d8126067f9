/*
 * SLSA provenance (predicate v1) of the wheels that a run has built, as in-toto statements, one a line
 * for each wheel (docs/provenance.md). Wheels of an index have none: they were built elsewhere. The same
 * record and options give the same bytes, so there is no time in it.
 */
#pragma once

#include "base/str.h"
#include "inputs/options.h"
#include "record/run_record.h"

#define PROVENANCE_BUILD_TYPE "urn:truewheel:wheel-build:1"
#define PROVENANCE_BUILDER "urn:truewheel:builder:1"

/* Appends the lines, in the order of the names of the wheels' files; how many. */
size_t provenance_write(const struct run_record *record, const struct wheel_options *options,
                        struct str *out);
