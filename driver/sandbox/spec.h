/*
 * What a sandbox is to be: which mode, which paths, what is shown and what is hidden. Made by the
 * driver, carried to the supervisor as JSON, checked there again: the two are different processes.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "base/vec.h"

#define SANDBOX_ENV_DIR "env" /* below R; no job directory has this name */

enum sandbox_mode { SANDBOX_NAMESPACES, SANDBOX_LOCKED, SANDBOX_MAPPED };

const char *sandbox_mode_name(enum sandbox_mode mode); /* "namespaces", … */
bool sandbox_mode_parse(const char *name, enum sandbox_mode *ret);

struct sandbox_bind {
    char *path; /* absolute; a file or a directory, shown at this very path */
    bool writable;
};

struct sandbox_binds {
    struct sandbox_bind *items;
    size_t count;
    size_t cap;
};

/*
 * What to build in. All strings are owned; NULL or 0 where optional and absent. As JSON an object
 * with the field names below ("mode" by name, "binds" as [{"path": …, "writable": bool}], "hide" and
 * "without" as lists of strings).
 */
struct sandbox_spec {
    enum sandbox_mode mode;
    char *root;     /* R, absolute: "/tmp/truewheel" */
    char *dir;      /* one path component: "psutil-7.2.2" */
    char *env_hash; /* one component: shown as R/env/<hash>; optional */
    char *env_host; /* the environment's directory on this machine, unless it is already there */
    char
        *work_host; /* a 0700 directory of ours: the job directory when tmpfs is false (namespaces);
                           the job directory itself (mapped, where paths are then <work_host>/src …) */
    bool tmpfs;     /* namespaces: the job directory lies in memory */
    uint64_t tmpfs_bytes; /* limit; 0: what the kernel gives (half of the memory) */
    char *archive_host;   /* a file, shown read-only as <job>/sdist/<its name>; optional */
    char *tree_host;      /* a directory, shown as <job>/src; optional. Never written to */
    char *jobserver_host; /* a fifo, shown as <job>/jobserver; optional */
    uint64_t
        tree_copy_max; /* bytes; a larger tree is overlaid where that is possible instead of being
                               copied; 0: 256 MiB. A copy is better: its directory order is its own, and its
                               directories can be renamed (in an overlay: EXDEV) */
    struct sandbox_binds binds;
    struct strv hide;    /* more directories or files to hide; $HOME is hidden anyway */
    struct strv without; /* namespaces: programs of the host that shall not be found */
    bool network;        /* keep the network, and name resolution with it */
    bool fetch; /* run io->fetch before body, with the network: for sources named by a lock file */
};

#define SANDBOX_SPEC_INIT                                                                          \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_sandbox_spec __attribute__((cleanup(sandbox_spec_release)))

/* Checks everything that can be checked without touching a file: -ERR_PROTOCOL names the field. */
int sandbox_spec_from_json(const json_t *json, struct sandbox_spec *ret, struct err *err);
json_t *sandbox_spec_to_json(const struct sandbox_spec *spec);
void sandbox_spec_release(struct sandbox_spec *spec);
