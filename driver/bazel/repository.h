/*
 * requirements.bzl: the wheels of a directory as Bazel repositories, as rules_python's piptool
 * wrote it. It is made only of the wheels' names and metadata: the same wheels give the same bytes,
 * whatever the directory, its order or the time.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "wheel/wheel_deps.h"
#include "wheel/wheel_name.h"

struct bazel_wheel {
    char *file; /* below the directory, with '/' */
    struct wheel_name name;
    struct wheel_deps deps;
    struct strv extras; /* those for which everything that they need is among the wheels */
    char *repository;
    bool hidden; /* not in _requirements: there is another wheel of the same project */
};

struct bazel_repo {
    struct bazel_wheel *items; /* by "<dist>_<version>" of the file name, bytewise */
    size_t count;
    size_t cap;
};

#define BAZEL_REPO_INIT                                                                            \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_bazel_repo __attribute__((cleanup(bazel_repo_release)))

struct bazel_repo_options {
    const char *name;               /* of the repository that requirements.bzl is in */
    const char *python_interpreter; /* for whl_library; NULL: not given */
    const char *rules_python;       /* repository of whl.bzl */
    const struct marker_env *env;
};

/*
 * Reads every "*.whl" below the directory. Skips names that begin with '.': these are temporary
 * files, also of other processes.
 */
int bazel_repo_scan(struct bazel_repo *repo, const char *directory,
                    const struct bazel_repo_options *options, struct err *err);
void bazel_repo_release(struct bazel_repo *repo);

/* Appends the text to `out`. */
void bazel_repo_write(const struct bazel_repo *repo, const struct bazel_repo_options *options,
                      struct str *out);
