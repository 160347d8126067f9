/*
 * TW7: what of the building machine is in the files. Programs and bytecode are searched for paths
 * wherever they are; text only where tools write down how they were called, because documentation and
 * tests are full of paths and dates that are nobody's.
 */
#pragma once

#include "content/dates.h"
#include "content/kind.h"
#include "lint/subject.h"

/* The day on which the newest file of the archive was written; year 0 when that says nothing. */
struct date_day lint_build_day(const struct subject *s);

struct traced {
    const char *name; /* of the file */
    const char *bytes;
    size_t len;
    enum content_kind kind;
    struct date_day build_day;
};
void lint_traces(const struct subject *s, const struct traced *file);
