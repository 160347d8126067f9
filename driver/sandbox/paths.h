/*
 * The paths of a build as the build sees them, by one rule for each mode. Whoever names such a path
 * asks here. Results are owned by the caller. Any thread.
 *
 *     namespaces, locked   R/<dir>      R/env/<hash>
 *     mapped               work_host    env_host      (compiler flags map them to the former)
 */
#pragma once

#include "sandbox/spec.h"

/* The job directory. `work_host` is only used in mapped mode. */
char *sandbox_path_job(enum sandbox_mode mode, const char *root, const char *dir,
                       const char *work_host);

/* The same for a specification. It has src, tmp, home, cargo, out and, with an archive, sdist. */
char *sandbox_path_of(const struct sandbox_spec *spec);

/* A build environment. `env_host` is only used in mapped mode. */
char *sandbox_path_env(enum sandbox_mode mode, const char *root, const char *hash,
                       const char *env_host);
