/*
 * Which wheels of the store were proven: by the digest of the build's key, what was said of the wheel.
 *
 *     STORE/v1/proofs/<kk>/<key>/proof.json     {"sha256": of the wheel, and what the record has}
 *
 * Any thread.
 */
#pragma once

#include <jansson.h>

#include "store/store.h"

/* A new object, of a wheel with these bytes; NULL: there is none. */
json_t *stored_proof_find(struct store *store, const char digest[SHA256_HEX], const char *sha256);

/* What cannot be stored costs a later run its time, and nothing else. */
int stored_proof_put(struct store *store, const char digest[SHA256_HEX], const char *sha256,
                     const json_t *proof, struct err *err);

/* What people call it. NULL: it cannot be read. */
char *stored_proof_name(const struct store *store, const char digest[SHA256_HEX]);
/* Whether the entry can be read. */
bool stored_proof_is_whole(const struct store *store, const char digest[SHA256_HEX]);
