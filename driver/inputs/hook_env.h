/*
 * The environment variables that a build sees: fixed ones, those of the user's that tell tools what to
 * build (inputs/variables.h), and what the user asked for by name. Nothing else of the caller's
 * environment gets in, so nothing else can get into a wheel.
 */
#pragma once

#include <jansson.h>

#include "base/vec.h"

/*
 * A new object NAME: VALUE. `job_dir` and `env_dir` are the paths at which the build sees its
 * directory (R/<name>-<version>) and its build environment (R/env/<hash>); `extra` are NAME=VALUE
 * strings of --env; `tools` one more directory for PATH (a toolchain's programs), or NULL.
 */
json_t *hook_env_make(const char *job_dir, const char *env_dir, const struct strv *extra,
                      const char *tools);

/* Sources of a package are compiled one after the other (pyshim/guest/truewheel_compile.py). */
void hook_env_compile_serially(json_t *env);

/*
 * The variables for fetching crates: how the user reaches registries (CARGO_*, proxies, certificate
 * authorities), and otherwise nothing of the caller's. For cargo alone: no code of the source runs.
 */
json_t *hook_env_for_fetch(const char *job_dir, const char *tools);

/*
 * Mapped mode: adds the flags that make compilers write the path `canonical` where they see `real`.
 * The directory of a job and that of its environment are mapped one after the other.
 */
void hook_env_map_path(json_t *env, const char *real, const char *canonical);

/* Of the caller's environment, what hook_env_make lets in: a new object, for the report and key. */
json_t *hook_env_inputs(const struct strv *extra);

/* Appends the names of the caller's variables that builds would get, were their values UTF-8. */
void hook_env_left_out(struct strv *names);

/* Whether a build has a variable of this name: a fixed one, an input, or one of `extra`. */
bool hook_env_has(const char *name, const struct strv *extra);

/* PATH of a build without its environment's directory and toolchains. */
const char *hook_env_path(const struct strv *extra);

/* "NAME=VALUE" with a usable name. */
bool hook_env_is_assignment(const char *text);
