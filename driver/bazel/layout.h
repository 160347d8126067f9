/*
 * A wheel laid out as rules_python's wheel_installer did until 2.0: modules in site-packages/,
 * scripts and entry points in bin/ (bazel/scripts.h), headers in include/, data in data/. RECORD
 * and INSTALLER describe this layout (bazel/record_file.h). metadata.json tells the rules about the
 * wheel: {"name", "version", "deps", "deps_by_platform", "entry_points"}.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"

struct bazel_install {
    const char *whl;
    const char *requirement; /* as in the requirements file: its extras are the requested ones */
    /* Of deps_by_platform: "linux_x86_64", "cp311_osx_*", "host". Empty: this machine alone. */
    const struct strv *platforms;
    bool add_namespace_inits; /* add an __init__.py to namespace packages */
    bool entry_points_only;   /* metadata.json has only these */
};

/*
 * Unpacks the wheel into `directory`, which must exist. May start an interpreter for its markers.
 */
int bazel_install_run(const struct bazel_install *install, const char *directory, struct err *err);
