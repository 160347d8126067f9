/*
 * With which build requirements an sdist is built, in the order of likelihood: those of the wheel's generator
 * and of its time first, then what a publisher may have had instead. Pure data; any thread.
 */
#pragma once

#include "base/vec.h"
#include "published/generator.h"

struct attempt {
    bool unpinned;          /* whatever version of the generator */
    bool any_time;          /* of the index as it is today */
    const char *setuptools; /* this version; NULL: any */
};

enum { ATTEMPTS_MAX = 8 };

struct attempts {
    struct attempt items[ATTEMPTS_MAX];
    size_t count;
};

/* Until one of them builds. `timed`: the time of the upload is known. */
void attempts_init(struct attempts *attempts, const struct generator *generator, bool timed);
/* After `built`, whose wheel has other metadata: until one gives the same. */
void attempts_for_metadata(struct attempts *attempts, const struct generator *generator,
                           const struct attempt *built);

/* The lines of a constraints file; added to `lines`. */
void attempt_constraints(const struct attempt *attempt, const struct generator *generator,
                         struct strv *lines);
/* What of it is not what the wheel and its time name; added to `notes`. */
void attempt_notes(const struct attempt *attempt, const struct generator *generator, bool timed,
                   struct strv *notes);
