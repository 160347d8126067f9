/*
 * What a lock file allows, fetched and checked: one set of files for the user's requirements, and one for
 * each sdist's build. Whoever resolves gets the arguments of one set and finds nothing else.
 *
 * Made before the first resolver of a run starts; read-only from then on, so any thread may look.
 */
#pragma once

#include "base/sha256.h"
#include "lock/lock_job.h"
#include "plan/source.h"

struct locked {
    char *dir;    /* <dir>/files/NAME: every file */
    json_t *done; /* the job's final frame (docs/engine-protocol.md) */
};

#define auto_locked __attribute__((cleanup(locked_release)))

/*
 * Reads `file` and those beside it, and fetches into `dir`, which must exist and be empty. `args` are
 * pip's options that say where files are found. `kind` says what the file is.
 */
struct locked_kind {
    bool record;    /* of a run, not a lock: what cannot be had costs the wheels that need it */
    bool backwards; /* the requirements in the opposite order */
    bool check;     /* this must be the Python that was locked for */
};
int locked_fetch(const struct lock_place *place, const char *file, const struct strv *args,
                 const char *dir, struct locked_kind kind, struct locked *ret_locked,
                 struct err *err);
void locked_release(struct locked *locked);

/* The names of all files. Borrowed. */
const json_t *locked_files(const struct locked *locked);
/* Where the lock says that a file came from, or NULL. Borrowed. */
const char *locked_url(const struct locked *locked, const char *file);

/* Of a record: why a wheel cannot be built, by its job's directory. An object, or NULL. Borrowed. */
const json_t *locked_lost(const struct locked *locked);

/* What the resolver of the user's requirements is given. */
int locked_root_args(const struct locked *locked, struct strv *ret_args, struct err *err);
/* Lets the build requirements of a source, which is not shared yet, be those that are locked. */
int locked_apply(const struct locked *locked, struct source *source, struct err *err);

/*
 * Whether a built wheel is the one that was locked. -ERR_DIFFERS names the parts of the key that differ;
 * `own` are those of this build, `machine` those of the run.
 */
int locked_check_wheel(const struct locked *locked, const struct source *source,
                       const char sha256[SHA256_HEX], const json_t *own, const json_t *machine,
                       struct err *err);
