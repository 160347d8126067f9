/*
 * Where a build lies, as the build sees it: one rule for each mode, asked by everybody who has to name
 * such a path. Results are owned by the caller. Any thread.
 *
 *     namespaces, locked   R/<dir>      R/env/<hash>
 *     mapped               work_host    env_host      (compiler flags map them to the former)
 */
#pragma once

#include "sandbox/spec.h"

/* The job directory. `work_host` is used in mapped mode alone. */
char *sandbox_path_job(enum sandbox_mode mode, const char *root, const char *dir,
                       const char *work_host);

/* The same for a specification. It has src, tmp, home, cargo, out and, with an archive, sdist. */
char *sandbox_path_of(const struct sandbox_spec *spec);

/* A build environment. `env_host` is used in mapped mode alone. */
char *sandbox_path_env(enum sandbox_mode mode, const char *root, const char *hash,
                       const char *env_host);
