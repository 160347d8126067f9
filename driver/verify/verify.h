/*
 * Whether wheels are what their inputs build: each is built once more under other circumstances
 * (verify/axes.h) and compared byte for byte. Prints nothing. For a process with one thread.
 */
#pragma once

#include "compare/comparison.h"
#include "verify/child_run.h"
#include "verify/wheelhouse.h"

enum verdict {
    VERDICT_PROVEN,  /* the same bytes */
    VERDICT_DIFFERS, /* other bytes, or the file is not the one of its record */
    VERDICT_CANNOT,  /* it was not built once more: `why` */
    VERDICT_TAKEN    /* from an index, nothing of it was built; the file is the recorded one */
};
enum { VERDICT_COUNT = VERDICT_TAKEN + 1 };

/* "proven", "differs", "cannot be rebuilt", "from the index". */
const char *verdict_text(enum verdict verdict);

/* The same for programs: "proven", "differs", "not-rebuilt", "index". */
const char *verdict_id(enum verdict verdict);

struct verified {
    char *file;    /* base name */
    char *path;    /* of the wheel; may not be there */
    char *job_dir; /* that it was built in, below R; NULL for one from an index */
    enum verdict verdict;
    char *why; /* one line, or NULL: see the comparison */
    struct comparison comparison;
};

struct verification {
    struct {
        struct verified *items;
        size_t count;
        size_t cap;
    } wheels;
    json_t *changed; /* a list: the axes that were changed */
    json_t *kept;    /* an object: those that could not be, and why */
    int signal;      /* that ended it; 0: none */
};

#define VERIFICATION_INIT                                                                          \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_verification __attribute__((cleanup(verification_release)))

void verification_release(struct verification *verification);
size_t verification_count(const struct verification *verification, enum verdict verdict);

struct verify_spec {
    const struct wheel_options *given; /* where files are found, -j, limits; see verify/rebuild.h */
    bool trusted;                      /* the records are the caller's own */
    const struct axes *axes;
    child_run_fn *run;
    void *arg;
};

/* Verifies all; errors are those of the whole, such as a directory that cannot be made. */
int verify_wheelhouse(const struct verify_spec *spec, const struct wheelhouse *house,
                      struct verification *ret_verification, struct err *err);
/*
 * The same for what a lock file names: its wheels are built, compared with what the lock says of them,
 * and built once more.
 */
int verify_lock(const struct verify_spec *spec, const char *lock,
                struct verification *ret_verification, struct err *err);
