/*
 * A wheel laid out as rules_python's wheel_installer did until 2.0: modules in site-packages/,
 * scripts and entry points in bin/ (bazel/scripts.h), headers in include/, data in data/, and
 * what the rules want to know about it in metadata.json: {"name", "version", "deps",
 * "deps_by_platform", "entry_points"}. RECORD and INSTALLER are of this layout: bazel/record_file.h.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"

struct bazel_install {
    const char *whl;
    const char *requirement; /* as in the requirements file: says which extras count */
    const struct strv
        *platforms;           /* "linux_x86_64", "cp311_osx_*", "host"; none: this machine only */
    bool add_namespace_inits; /* __init__.py for namespace packages that have none */
    bool entry_points_only;   /* all that metadata.json is to say */
};

int bazel_install_run(const struct bazel_install *install, const char *directory, struct err *err);
