/*
 * requirements.bzl: the wheels of a directory as Bazel repositories, as rules_python's piptool wrote
 * it. Names of files and their metadata are all that goes in: the same wheels give the same bytes,
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
    struct strv extras; /* the possible ones: everything that they need is among the wheels */
    char *repository;
    bool hidden; /* another wheel of the same project has its place in _requirements */
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

/* Every "*.whl" below the directory; names that begin with '.' are somebody's temporary files. */
int bazel_repo_scan(struct bazel_repo *repo, const char *directory,
                    const struct bazel_repo_options *options, struct err *err);
void bazel_repo_release(struct bazel_repo *repo);

void bazel_repo_write(const struct bazel_repo *repo, const struct bazel_repo_options *options,
                      struct str *out);
