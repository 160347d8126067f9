/*
 * The work of `truewheel whltool`, rules_python's tool behind whl_library: unpacks a wheel and
 * writes its BUILD file (bazel/build_file.h). Starts no Python when the markers of the default
 * interpreter are known from the build (jobs/interpreter.h).
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"

/* What the rules ask for. Strings are borrowed, the list is owned by whoever filled it. */
struct whltool {
    const char *whl;
    const char *requirements;      /* label of requirements.bzl; NULL: the wheel needs no others */
    const char *directory;         /* where it is unpacked; made when missing */
    struct strv extras;            /* that get a target */
    const char *rules_python_repo; /* the repository of py_library */
};

int whltool_run(const struct whltool *tool, struct err *err);
