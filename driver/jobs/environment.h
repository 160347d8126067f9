/*
 * The Python that a run is for: a version, an interpreter, or a virtual environment, as the user named
 * it, by --python, by PIP_PYTHON or by having activated one. In a virtual environment pip reads the
 * environment's own pip.conf, which may name a private index, and builds without isolation use what is
 * installed there. Single-threaded: reads the environment.
 */
#pragma once

#include "base/err.h"

struct environment {
    char *python;         /* for engine_start: a version or a path; NULL: the default */
    char *base;           /* the interpreter itself, links resolved; NULL: no path was named */
    char *prefix;         /* of the virtual environment, absolute; NULL: none */
    const char *named_by; /* "--python", "PIP_PYTHON", "VIRTUAL_ENV"; NULL: nobody named one */
};

#define ENVIRONMENT_INIT                                                                           \
    {                                                                                              \
        .python = NULL                                                                             \
    }

/*
 * `asked` is the value of --python, or NULL. `activated`: PIP_PYTHON and VIRTUAL_ENV count as well, in
 * this order. A VIRTUAL_ENV that is none, or of another version than `asked`, is said and left.
 * -ERR_USAGE: the path that was named has no interpreter.
 */
int environment_find(const char *asked, bool activated, struct environment *ret_environment,
                     struct err *err);
void environment_release(struct environment *environment);

/*
 * Whether the engine, whose interpreter is `executable`, is of this very interpreter. It is when only
 * a version was named.
 */
bool environment_has(const struct environment *environment, const char *executable);
