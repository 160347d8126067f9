/*
 * Built wheels in the store: the sha256 of a build's key (inputs/key.h) to the wheel that came of it,
 * what was learnt on the way, and its log.
 *
 *     <key>/key           the key's text
 *     <key>/about.json    the fields of struct stored_wheel
 *     <key>/NAME.whl      the wheel in normal form; or
 *     <key>/log           what the build printed, when something was kept
 *
 * An entry without a wheel says what the backend asked for besides (get_requires_for_build_wheel): a
 * function of the key as well. Any thread.
 */
#pragma once

#include <jansson.h>

#include "base/vec.h"
#include "inputs/key.h"
#include "store/store.h"

struct stored_wheel {
    char *file;    /* base name; NULL: the backend asked for more */
    char *sha256;  /* of the file */
    char *project; /* as the file name has it */
    char *version;
    char *metadata;    /* METADATA */
    char *crates;      /* "locked", "unlocked", …; NULL: none */
    json_t *installed; /* without build isolation; NULL with it */
    json_t *missing;   /* a list of requirements; NULL when there is a wheel */
    double seconds;    /* what it took to build */
    double cpu_seconds;
    bool on_disk;   /* the job directory was not in memory */
    bool sandboxed; /* built in a sandbox */
};

void stored_wheel_release(struct stored_wheel *wheel);

/*
 * The entry of a key: 0, and *ret_fd open for reading at its start (-1: it has no wheel). The wheel's
 * sha256 and the key's text are compared; an entry that is damaged or of another key is dropped, with a
 * line in the log. With `sandboxed` one that was built without a sandbox counts for nothing, and makes
 * room. -ENOENT, and err unchanged: there is none, or it had to be dropped.
 */
int stored_wheel_find(struct store *store, const struct key *key, bool sandboxed,
                      struct stored_wheel *ret_wheel, int *ret_fd, struct err *err);

/* What people call the entry: "psutil 7.2.2". NULL: it cannot be read. The caller frees. */
char *stored_wheel_name(const struct store *store, const char digest[SHA256_HEX]);

/* Whether the entry is what it says: key and name, wheel and sha256, normal form. */
bool stored_wheel_is_whole(const struct store *store, const char digest[SHA256_HEX]);

/*
 * Adds an entry; wheel_fd and log_fd may be -1. Contents are copied; neither offset is used. What could
 * not be stored costs the next run a build: callers say so and go on.
 */
int stored_wheel_add(struct store *store, const struct key *key, const struct stored_wheel *wheel,
                     int wheel_fd, int log_fd, struct err *err);
