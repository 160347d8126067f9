/*
 * The work of `truewheel piptool`, rules_python's tool behind pip_import: builds the wheels of a
 * requirements file into a directory, then writes the requirements.bzl of all wheels there
 * (bazel/repository.h).
 */
#pragma once

#include "base/err.h"
#include "run/outcome.h"

/* What the rules ask for. Strings are borrowed. */
struct piptool {
    const char
        *python_interpreter;       /* build for it, and name it in whl_library; NULL: the default */
    const char *name;              /* of the repository that the output is in */
    const char *input;             /* the requirements file */
    const char *output;            /* the requirements.bzl to write */
    const char *directory;         /* of the wheels */
    const char *extra_pip_args;    /* options for pip in one string; NULL: none */
    const char *rules_python_repo; /* the repository of whl.bzl */
    bool isolated;                 /* no configuration files and variables of pip's */
};

/*
 * Negative when something other than a build failed. When builds have failed or a signal stopped
 * the run, *ret_outcome says so and no output is written; it must be zeroed and is the caller's to
 * release in any case. Starts threads and programs: for a process with one thread.
 */
int piptool_run(const struct piptool *tool, struct outcome *ret_outcome, struct err *err);
