/* The record of a run (record/run_record.h) from what the run knows. */
#pragma once

#include "build/builder.h"
#include "build/resolve.h"
#include "run/outcome.h"

/* The parts that hold for every wheel: program, interpreter, compiler, paths, variables. */
void make_record_begin(const struct builder *builder, struct run_record *record);

/* One wheel that was delivered; `item->build` is DONE. */
void make_record_add(const struct builder *builder, const struct resolved *item,
                     struct run_record *record);

/* A build that has failed, and why. */
void make_record_failure(const struct build *build, const struct err *failure,
                         struct run_record *record);
