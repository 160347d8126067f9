/*
 * What there is to be verified: wheels of a directory with the records beside them or the record of a
 * run; wheels by name; a record alone. Wheels whose records say the same of their run are one group, and
 * built once more in one run.
 */
#pragma once

#include "base/vec.h"
#include "record/run_record.h"

struct wheel_group {
    struct run_record record;
    char *dir; /* where its wheels lie, if they are there */
};

struct wheelhouse {
    struct wheel_group *items;
    size_t count;
    size_t cap;
    struct strv unrecorded; /* paths of wheels without a record */
};

#define WHEELHOUSE_INIT                                                                            \
    {                                                                                              \
        0                                                                                          \
    }

/*
 * Adds what a path names: a directory, a wheel, a record (any other file). `record` is that of the run
 * which built the wheels, or NULL: those beside them. -ERR_USAGE for a directory without wheels.
 */
int wheelhouse_add(struct wheelhouse *house, const char *path, const char *record, struct err *err);
/* Adds wheels that were built just now. Copies nothing: *record is moved. */
void wheelhouse_add_record(struct wheelhouse *house, struct run_record *record, const char *dir);
void wheelhouse_release(struct wheelhouse *house);
