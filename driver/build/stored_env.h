/*
 * Build environments and the store: found there, or laid out there for this run and later ones. Without
 * build isolation, and in mapped mode, where an environment depends on where it lies, the store is not
 * used.
 */
#pragma once

#include "build/builder.h"

bool stored_env_serves(const struct builder *builder, const struct env *env);

/*
 * The environment of env->digest: *ret_path is where it lies. When there is none it is laid out by
 * fill(arg, directory); another run that does the same is waited for. -ENOENT, and err unchanged: the
 * store cannot keep one, and says why in the log. The caller frees the path.
 */
int stored_env_get(struct builder *builder, const struct env *env, const struct wheel_files *wheels,
                   int (*fill)(void *arg, const char *directory, struct err *err), void *arg,
                   char **ret_path, struct err *err);
