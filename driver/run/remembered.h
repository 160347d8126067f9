/*
 * The answer of an earlier run: which wheels it delivered, and what must be as it was for the same
 * answer to hold. It is kept in the store (store/runs.h) under what the run was asked for (run/run_key.h).
 *
 *     files        requirements, constraints, configuration: by the sha256 of their content, or not there
 *     directories  of --find-links: by their listings
 *     engine       the program and the shim that answered, and what it said of its interpreter
 *     machine      the digest of the machine's key
 *     closed       nothing else had a say: there was no index, or every requirement was pinned by a hash.
 *                  What is not closed is an answer of its day, good only where the user asks for no more
 *                  than what is there (--offline).
 */
#pragma once

#include <jansson.h>

#include "inputs/digests.h"
#include "record/run_record.h"

struct remembered {
    char *asked; /* for people: the requirements of the command line */
    char *began; /* when that run began: "2026-11-25 09:00" */
    bool closed;
    char *mode;          /* of its builds */
    char *machine;       /* sha256 of the machine's key */
    json_t *facts;       /* the engine's greeting, as far as the machine's key needs it */
    json_t *files;       /* path: sha256, or null where there was none */
    json_t *directories; /* path: listing_stamp */
    char *wheel_dir;     /* what pip's configuration said; NULL: it was named, or the current one */
    json_t *record;      /* run_record_to_json */
};

void remembered_release(struct remembered *r);

json_t *remembered_to_json(const struct remembered *r);
/* *ret must be zeroed, and is released by the caller in any case. */
int remembered_from_json(const json_t *json, struct remembered *ret, struct err *err);

/*
 * A file's state as a new JSON value: its sha256, or null. *ret_newest_ns becomes the time of its last
 * change where that is later.
 */
json_t *remembered_file(struct digests *digests, const char *path, int64_t *newest_ns);
