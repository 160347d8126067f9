/*
 * The work of `truewheel wheel_installer`, the tool behind the wheel repositories of rules_python
 * since 0.27. It has two halves, which the rules call in separate processes:
 *
 *     without whl_file   build or download one wheel into the current directory, name it in
 *                        whl_file.json
 *     with whl_file      unpack that wheel into the current directory and write metadata.json
 *                        (bazel/layout.h); the rules do so until 2.0
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"
#include "run/outcome.h"

/* What the rules ask for. Strings are borrowed, the list is owned by whoever filled it. */
struct wheel_installer {
    const char *requirement;    /* one line of a requirements file, perhaps with --hash options */
    const char *extra_pip_args; /* JSON {"arg": [options for pip]}; NULL: none */
    const char *environment;    /* JSON {"arg": {NAME: VALUE}}, for pip and the build; NULL: none */
    const char *pip_data_exclude; /* not used: the rules exclude files themselves */
    const char *whl_file;
    struct strv platforms;               /* with whl_file: for their dependencies too */
    bool isolated;                       /* no configuration files and variables of pip's */
    bool download_only;                  /* nothing is built */
    bool enable_implicit_namespace_pkgs; /* with whl_file: add no __init__.py */
    bool enable_pipstar; /* with whl_file: the rules read METADATA and add __init__.py themselves */
};

/*
 * Negative when something other than a build failed. When the build has failed or a signal stopped
 * the run, *ret_outcome says so and whl_file.json is not written; it must be zeroed and is the
 * caller's to release in any case. Sets variables of this process, starts threads and programs: for
 * a process with one thread.
 */
int wheel_installer_run(const struct wheel_installer *tool, struct outcome *ret_outcome,
                        struct err *err);
