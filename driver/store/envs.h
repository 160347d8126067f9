/*
 * Build environments in the store, by the digest of their content (build/build_key.h), each as it will
 * be shown to builds at R/env/<hash>, with one time and one set of modes.
 *
 *     <digest>/tree/        the environment
 *     <digest>/about.json   what is installed in it; the digest of the tree; the boot in which it was made
 *
 * Found again in the same boot an environment is whole: its rename came after everything in it. After
 * another boot, when a machine may have gone down with half of it on disk, the tree's digest is
 * compared first. Any thread.
 */
#pragma once

#include <jansson.h>

#include "store/store.h"

struct stored_env {
    char *path;     /* of the tree, absolute */
    json_t *wheels; /* what is installed: a list of objects with "name", and what else was noted */
};

void stored_env_release(struct stored_env *env);

/*
 * -ENOENT, and err unchanged: there is none, or it was damaged and is dropped, with a line in the log.
 */
int stored_env_find(struct store *store, const char digest[SHA256_HEX], struct stored_env *ret_env,
                    struct err *err);

/* What people call the entry: "environment (setuptools, wheel)". NULL: unreadable. The caller frees. */
char *stored_env_name(const struct store *store, const char digest[SHA256_HEX]);
/* What it takes on disk, as was counted when it was made; 0: unknown. */
uint64_t stored_env_bytes(const struct store *store, const char digest[SHA256_HEX]);
/* Whether the tree is what was put there. Reads all of it. */
bool stored_env_is_whole(const struct store *store, const char digest[SHA256_HEX]);

/*
 * Where an environment is to be laid out, to become an entry: an empty directory, 0755. *ret_staged goes
 * to stored_env_add; the caller frees both.
 */
int stored_env_stage(struct store *store, char **ret_staged, char **ret_tree, struct err *err);

/*
 * Publishes it; the staged directory is gone then. Its modes stay: builds see them, and copy files with
 * them. What keeps them from writing is how it is shown to them.
 */
int stored_env_add(struct store *store, const char *staged, const char digest[SHA256_HEX],
                   const json_t *wheels, struct stored_env *ret_env, struct err *err);
