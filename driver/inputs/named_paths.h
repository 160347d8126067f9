/*
 * What of this machine a build needs beside what every build is shown (sandbox/shown.h): toolchains and
 * libraries in places of their own (/opt/gcc-13), known by what names them:
 *
 *     the variables that builds get (CC, CFLAGS, PKG_CONFIG_PATH, --env PATH=…)
 *     the interpreter's build configuration, and the libraries that it has loaded
 *     links in the directories of PATH, as /usr/local/bin/gcc -> /opt/gcc-13/bin/gcc
 *     the directories of the dynamic loader (/etc/ld.so.conf.d)
 *
 * Of a file or directory in …/bin, …/lib and the like the whole prefix counts: a compiler has its parts
 * in ../libexec. What lies in a home, in /tmp, /run, /var and other places of users' data does not count,
 * whoever names it: it takes a --bind.
 */
#pragma once

#include "base/vec.h"

struct named_paths {
    struct strv shown;  /* to be shown; real paths, each once */
    struct strv unseen; /* "CC=/home/u/bin/gcc": named by a variable of builds, and not shown */
};

void named_paths_release(struct named_paths *paths);

/* `extra` are NAME=VALUE strings of --env; `named` words of the interpreter's. Main thread. */
void named_paths_list(const struct strv *extra, const struct strv *named,
                      struct named_paths *ret_paths);

/* Whether it lies where users and services have their data. For a path without links. */
bool named_path_is_private(const char *path);

/* Certificate authorities that variables name, for a fetch (hook_env_for_fetch). Adds to the list. */
void named_paths_of_fetch(struct strv *ret_paths);
