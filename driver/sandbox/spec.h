/*
 * The specification of a sandbox: its mode, its paths, what is shown and what is hidden. The driver
 * makes it and sends it as JSON to the supervisor, another process, which checks it again.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "base/vec.h"
#include "sandbox/tree_list.h"

#define SANDBOX_ENV_DIR "env" /* below R; no job directory has this name */

enum sandbox_mode { SANDBOX_NAMESPACES, SANDBOX_LOCKED, SANDBOX_MAPPED };

const char *sandbox_mode_name(enum sandbox_mode mode); /* "namespaces", … */
bool sandbox_mode_parse(const char *name, enum sandbox_mode *ret_mode);

struct sandbox_bind {
    char *path; /* absolute; a file or a directory, shown at the same path */
    bool writable;
};

struct sandbox_binds {
    struct sandbox_bind *items;
    size_t count;
    size_t cap;
};

/*
 * All strings are owned; those that are optional may be NULL. In JSON it is an object with the
 * field names below: "mode" by its name, "trees" as [{"host": …, "place": …, "omit": …}],
 * "binds" as [{"path": …, "writable": bool}], "hide" and "without" as lists of strings.
 */
struct sandbox_spec {
    enum sandbox_mode mode;
    char *root;     /* R, absolute: "/tmp/truewheel" */
    char *dir;      /* one path component: "psutil-7.2.2" */
    char *env_hash; /* one component: shown as R/env/<hash>; optional */
    char *env_host; /* the environment's directory on this machine; NULL: R/env/<hash> itself */
    /*
     * A 0700 directory of ours that becomes the job directory. In namespaces mode when tmpfs is
     * false; in mapped mode the build sees it at this path (<work_host>/src …).
     */
    char *work_host;
    bool tmpfs;           /* in namespaces mode: the job directory lies in memory */
    uint64_t tmpfs_bytes; /* limit; 0: the kernel's, half of the memory */
    uint64_t
        processes_max; /* processes and threads at once, in namespaces mode; 0: the caller's limit */
    char *cgroup;      /* a directory of cgroup2 that B enters; optional */
    char *archive_host;   /* a file, shown read-only as <job>/sdist/<its name>; optional */
    char *jobserver_host; /* a fifo, shown as <job>/jobserver; optional */
    /*
     * A larger tree is not copied but overlaid, where that is possible; 0: 256 MiB. A copy is
     * better: the order in its directories does not depend on the machine, and its directories can
     * be renamed, which fails in an overlay (EXDEV).
     */
    uint64_t tree_copy_max;
    struct sandbox_trees trees; /* none with an archive */
    struct sandbox_binds binds;
    struct strv hide;    /* more directories or files to hide; $HOME is always hidden */
    struct strv without; /* in namespaces mode: programs of the host that must not be found */
    bool network;        /* keep the network and name resolution */
    bool settled;        /* the build gets a clock and random numbers of its own */
    bool fetch; /* run io->fetch before body, with the network: for sources named by a lock file */
};

#define SANDBOX_SPEC_INIT                                                                          \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_sandbox_spec __attribute__((cleanup(sandbox_spec_release)))

/* Checks everything that can be checked without touching a file: -ERR_PROTOCOL names the field. */
int sandbox_spec_from_json(const json_t *json, struct sandbox_spec *ret_spec, struct err *err);
json_t *sandbox_spec_to_json(const struct sandbox_spec *spec);
void sandbox_spec_release(struct sandbox_spec *spec);
