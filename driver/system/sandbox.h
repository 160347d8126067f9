/*
 * The sandbox of one build: a process tree that sees nothing but its inputs, at paths that are a
 * function of the requirement alone (R/<dir>/{src,tmp,home,cargo,out}, R/env/<hash>).
 *
 *     engine ── A supervisor: the caller of sandbox_run. Outside, trusted. Owns the channel
 *               │             to the driver; ends the tree when the driver goes away
 *               └─ B init: process 1 of the pid namespace (locked, mapped: a subreaper).
 *                  │       Makes the mounts, reaps, kills what is left. Trusted, unreachable
 *                  │       for C (not dumpable; as root also another uid)
 *                  └─ C payload: no capabilities, own session, runs body(). Not trusted
 *
 * Three ties hold the tree together: B polls a pipe whose write end only A has, so that a SIGKILL of
 * A ends B; B's end is the end of everything in its pid namespace; A polls the life descriptor and
 * the channel, so that the end of the driver ends A.
 *
 * Who is who in SANDBOX_NAMESPACES: the payload is always uid and gid 1000, `builder`. A real root
 * makes the mounts with its own rights, and the payload is then an otherwise unused uid of the host:
 * what only root can read stays unreadable. Anybody else makes a user namespace in which 1000 is
 * the caller. In the other two modes the payload runs as the caller.
 *
 * Everything here is for a freshly forked, single-threaded process.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "base/vec.h"

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

/*
 * The path of the job directory as the payload sees it: R/<dir>, or work_host when mapped. Has
 * src, tmp, home, cargo, out and, with an archive, sdist. The caller frees.
 */
char *sandbox_job_path(const struct sandbox_spec *spec);

struct sandbox_io {
    int channel;         /* to the driver: started, exit, error frames. Hanging up ends the tree */
    int life;            /* end of file: the driver is gone. -1: none */
    const int *keep_fds; /* what the payload keeps beside 0, 1 and 2: the `hooks` socket */
    size_t keep_count;
    const int *hold_fds; /* what A and B keep open until nobody of the tree is alive, whichever of
                            them is killed, and the payload never has: the lock on R/<dir> */
    size_t hold_count;
    int (*fetch)(
        void *arg); /* with spec->fetch: a payload of its own, gone with all it started before
                                body begins without the network. Its failure is body's to notice */
};

/*
 * What to do around every fork: PyOS_BeforeFork, PyOS_AfterFork_Parent, PyOS_AfterFork_Child. Members
 * may be NULL. `parent` is also called when the fork failed.
 */
struct fork_hooks {
    void (*before)(void);
    void (*parent)(void);
    void (*child)(void);
};

/*
 * Makes the tree, runs body(arg) in C (its result is C's exit status; current directory: the job
 * directory; signal mask: what sig_restore_mask() gives back), ends it, and tells the driver on the
 * channel:
 *   {"t": "started", "pid": A} with a pidfd of A;
 *   {"t": "exit", "status", "signal", "cancelled", "utime_ms", "stime_ms", "maxrss_kib", "files"}
 *       with the wheel when out/ holds exactly one thing and that is a regular *.whl, sent only
 *       after every process of the sandbox is dead (CPU time is that of all that were reaped);
 *   or {"t": "error", "message", "hint" or null} when the sandbox could not be made.
 * SIGTERM to A ends the tree and is answered by an `exit` with "cancelled": true.
 *
 * Returns what the caller passes to _exit at once: it must not go back to work.
 */
int sandbox_run(const struct sandbox_spec *spec, const struct sandbox_io *io,
                const struct fork_hooks *hooks, int (*body)(void *arg), void *arg);

/* What this machine can do, found out by trying in a forked child. */
struct sandbox_caps {
    bool namespaces;
    char *reason;      /* owned; why not: "cannot make a user namespace: Operation not permitted" */
    char *hint;        /* owned or NULL: what to do about it */
    bool lockable;     /* R is ours, or can be made ours */
    char *lock_reason; /* owned; why not */
    bool fixed_addresses;  /* programs of a build can be had without address-space randomisation */
    uint64_t memory_bytes; /* what tmpfs may use: available memory, cgroup limits regarded */
};

/*
 * `root` is R. Makes nothing, not even R (safe_dir_check). One thread only.
 * -ERR_CANCELLED when stop_fd (-1: none) becomes readable.
 */
int sandbox_probe(const char *root, int stop_fd, struct sandbox_caps *ret, struct err *err);
void sandbox_caps_release(struct sandbox_caps *caps);

/* Bytes of memory that can be given to files now: MemAvailable, and what the cgroups leave (v1, v2). */
uint64_t sandbox_memory_available(void);
