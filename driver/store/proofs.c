/* Which wheels were proven. */
#include "store/proofs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/json.h"

enum { MAX_PROOF = 1 << 20 };

static const char proof_name[] = "proof.json";

static json_t *read_entry(int entry)
{
    auto_str struct str text = STR_INIT;

    if (entry < 0 || store_read_part(entry, proof_name, MAX_PROOF, &text, NULL) < 0)
        return NULL;
    return json_loadb(text.buf, text.len, 0, NULL);
}

json_t *stored_proof_find(struct store *store, const char digest[SHA256_HEX], const char *sha256)
{
    auto_close int entry = -1;

    if (store_entry_open(store, STORE_PROOFS, digest, &entry, NULL) < 0)
        return NULL;
    json_t *proof = read_entry(entry);
    bool same = str_eq(json_text(proof, "sha256"), sha256);
    if (same)
        (void)json_object_del(proof, "sha256");
    else
        json_decref(proof);
    return same ? proof : NULL;
}

static int write_entry(int entry, const char *sha256, const json_t *proof, struct err *err)
{
    json_t *json = json_copy((json_t *)proof);

    (void)json_object_set_new(json, "sha256", json_string(sha256));
    auto_free char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(json);
    return store_write_part(entry, proof_name, text ? text : "null", err);
}

int stored_proof_put(struct store *store, const char digest[SHA256_HEX], const char *sha256,
                     const json_t *proof, struct err *err)
{
    auto_free char *staged = NULL;
    auto_close int entry = -1;
    int ret = store_stage(store, &staged, &entry, err);

    if (ret < 0)
        return ret;
    ret = write_entry(entry, sha256, proof, err);
    if (ret == 0)
        ret = store_drop(store, STORE_PROOFS, digest, err); /* one of other bytes makes room */
    if (ret == 0)
        return store_publish(store, staged, STORE_PROOFS, digest, err);
    (void)remove_tree_at(AT_FDCWD, staged, NULL); /* else it goes with the staging area */
    return ret;
}

char *stored_proof_name(const struct store *store, const char digest[SHA256_HEX])
{
    auto_close int entry = store_entry_look(store, STORE_PROOFS, digest);
    json_t *proof = read_entry(entry);
    char *name = proof ? xasprintf("the proof of a wheel %.16s", json_text(proof, "sha256")) : NULL;

    json_decref(proof);
    return name;
}

bool stored_proof_is_whole(const struct store *store, const char digest[SHA256_HEX])
{
    auto_close int entry = store_entry_look(store, STORE_PROOFS, digest);
    json_t *proof = read_entry(entry);
    bool whole = proof ? json_is_object(proof) : entry < 0 && errno == ENOENT;

    json_decref(proof);
    return whole;
}
