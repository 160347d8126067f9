/*
 * The BUILD file of an unpacked wheel, as rules_python's whltool wrote it: a py_library `pkg` with
 * all files of the wheel whose names a Bazel label can have, and one py_library for each extra. It
 * depends on nothing but the wheel and the environment.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "wheel/wheel_deps.h"
#include "wheel/wheel_zip.h"

struct bazel_build {
    const struct wheel_deps *deps;
    const struct marker_env *env;
    const struct strv *extras; /* that get a target */
    const char *requirements;  /* label of requirements.bzl; NULL: a dependency is an error */
    const char *rules_python;  /* repository that py_library is loaded from; NULL: it is built in */
    const struct wheel_entry *files; /* of the wheel, which may have build files among them */
    size_t file_count;
};

/* Appends the text to `out`. */
int bazel_build_write(const struct bazel_build *build, struct str *out, struct err *err);

/*
 * The repository to load py_library from, given the name of the rules' repository. NULL for
 * io_bazel_rules_python, as it was called until 2019-07: it had no py_library, Bazel's own was
 * used.
 */
const char *bazel_rules_python_for_build(const char *repository);

/* True for BUILD and BUILD.bazel: a file of that name makes its directory a Bazel package. */
bool bazel_is_build_file(const char *name);
