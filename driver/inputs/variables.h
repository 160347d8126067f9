/*
 * Which of the caller's variables are inputs of a build, by a rule: those by which a tool that builds
 * is told what to build and how. The families stand in one table, each with the tool that reads it;
 * docs/variables.md has the same table for people. Pure text; any thread.
 *
 * Not let in, also where a family's pattern matches:
 *   - what has a secret by its name (a part TOKEN, PASSWORD, KEY …), unless it is named in full;
 *   - what decides how long a build takes and not what comes out (*_JOBS, *_LAUNCHER …): those would
 *     be inputs of the key without being one of the bytes.
 */
#pragma once

#include "base/util.h"

/* Whether a build gets it without being asked. */
bool variable_is_input(const char *name);

/* Whether its value is not for showing. */
bool variable_is_secret(const char *name);

/*
 * Whether it belongs to the tools of a build backend ("scikit_build_core.build", PEP 517), be it an
 * input or not: what a failed build may have missed.
 */
bool variable_is_of_backend(const char *name, const char *backend);
