/*
 * What a run had for an answer, by what it was asked (run/run_key.h): so that the same question need not
 * be asked again. And notes: small files of the store that only spare work.
 *
 *     STORE/v1/runs/<kk>/<key>/about.json     the answer
 *     STORE/v1/runs/<kk>/<key>/report.json    pip's installation report, when there was one
 *     STORE/v1/NAME.json                      a note
 *
 * Unlike other entries an answer changes: a new one takes the place of the old one. Any thread.
 */
#pragma once

#include <jansson.h>

#include "store/store.h"

/* A new object. -ENOENT, and err unchanged: there is none, or it cannot be read. */
int stored_run_find(struct store *store, const char digest[SHA256_HEX], json_t **ret_about,
                    struct err *err);
/* The report beside it, or NULL. A new object. */
json_t *stored_run_report(struct store *store, const char digest[SHA256_HEX]);

/* `report` may be NULL. What cannot be stored costs a later run its time, and nothing else. */
int stored_run_put(struct store *store, const char digest[SHA256_HEX], const json_t *about,
                   const json_t *report, struct err *err);

/* What people call it: the requirements that were asked for. NULL: it cannot be read. */
char *stored_run_name(const struct store *store, const char digest[SHA256_HEX]);

/* Whether the entry can be read. */
bool stored_run_is_whole(const struct store *store, const char digest[SHA256_HEX]);

/* NULL: there is none. A new object. */
json_t *store_read_note(const struct store *store, const char *name);
void store_write_note(const struct store *store, const char *name, const json_t *note);
