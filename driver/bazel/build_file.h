/*
 * The BUILD file of an unpacked wheel, as rules_python's whltool wrote it: a py_library `pkg` with
 * everything in the wheel that has a name for Bazel, and one py_library per extra. The same wheel
 * and environment give the same bytes.
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
    const char *requirements;  /* label of requirements.bzl; NULL: none, and no dependency may be */
    const char *rules_python;  /* repository that py_library is loaded from; NULL: it is built in */
    const struct wheel_entry *files; /* of the wheel; build files among them do not count */
    size_t file_count;
};

int bazel_build_write(const struct bazel_build *build, struct str *out, struct err *err);

/*
 * The repository to load py_library from: NULL for what was called io_bazel_rules_python, until
 * 2019-07, when it had none and Bazel's own rule was used.
 */
const char *bazel_rules_python_for_build(const char *repository);

/* True for files that would cut the tree into Bazel packages of their own: BUILD, BUILD.bazel. */
bool bazel_is_build_file(const char *name);
