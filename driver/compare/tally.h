/*
 * A field in which many files of an archive may differ: one finding says in how many, and shows the
 * first. Not shared between threads.
 */
#pragma once

#include "compare/comparison.h"

struct tally {
    enum cause cause;
    const char *field; /* for the finding */
    size_t count;
    char *first; /* the name of the first file, and its values; owned */
    char *a, *b;
};

/* Counts; true when it is the first one, whose values the caller sets. */
bool tally_count(struct tally *t, const char *name);
/* Adds the finding, if anything was counted, and frees what it holds. */
void tally_finish(struct tally *t, struct comparison *c, const char *where);
