/*
 * What the sandbox_*.c files share. Nobody else includes this.
 *
 *     sandbox_spec.c    what to build in, and as JSON
 *     sandbox.c         A: the supervisor
 *     sandbox_fork.c    how A, B and C are made and end
 *     sandbox_init.c    B: set-up, reaping, the end of the tree
 *     sandbox_payload.c C: what is given up before body() runs
 *     sandbox_ids.c     namespaces and who is who in them
 *     sandbox_stage.c   away from the host's root, with a view of it
 *     sandbox_root.c    the new root: what is shown and what is hidden
 *     sandbox_hide.c    what is hidden of what is shown
 *     sandbox_mount.c   mount calls, with fallbacks for older kernels
 *     sandbox_dev.c     /dev, /proc, /etc, loopback
 *     sandbox_job.c     the job directory: its parts, the sdist, the source tree
 *     sandbox_out.c     what lies in out/ when all is over
 *     sandbox_probe.c   what this machine can do
 *     sandbox_memory.c  how much memory can be given to files
 */
#pragma once

#include <sys/types.h>

#include "system/sandbox.h"

/* Who the payload is. */
enum {
    SANDBOX_UID = 1000,       /* inside */
    SANDBOX_HOST_UID = 64998, /* outside, when a real root makes the sandbox; see sandbox_ids.c */
};

struct sandbox_ids {
    bool
        privileged; /* a real root: the payload enters its user namespace last, as SANDBOX_HOST_UID */
    uid_t
        owner; /* uid and gid that files of the job need, as the process that makes them sees it */
    uid_t caller; /* who started all this, by the host's numbers */
};

#define SANDBOX_HOST_NAME "truewheel"
#define SANDBOX_JOBSERVER "jobserver" /* in the job directory */

/* --- sandbox_ids.c --- */

/* Decides, from this process' rights. */
void sandbox_ids_choose(struct sandbox_ids *ret);
/* A: the user namespace (unless privileged) and the pid namespace for the next child. */
int sandbox_enter_outer(const struct sandbox_ids *ids, struct err *err);
/* B: all the other namespaces. */
int sandbox_enter_inner(bool network, struct err *err);
/* B: what sandbox_enter_inner left out with the network, later. */
int sandbox_leave_network(struct err *err);
/* B: maps SANDBOX_UID in the user namespace of a child that has just made it. */
int sandbox_map_child(pid_t child, struct err *err);
/* C: becomes SANDBOX_UID after that. */
int sandbox_become_builder(struct err *err);
int sandbox_drop_capabilities(struct err *err);

/* --- sandbox_mount.c --- */

enum mount_access { MOUNT_RO, MOUNT_RW };

int mount_tmpfs(const char *where, uint64_t max_bytes, const char *mode, struct err *err);
/* Shows `from` (a file or a directory with all that is mounted in it) at `to`, which exists. */
int mount_bind(const char *from, const char *to, enum mount_access access, struct err *err);
/* A mount and everything in it: no set-id, no devices, and read-only when asked. */
int mount_restrict(const char *where, bool read_only, struct err *err);
/* pivot_root to `where` (a mount point); the old root is then at `old` (relative; "." to drop it). */
int mount_pivot(const char *where, const char *old, struct err *err);
/* mkdir -p and an empty file respectively, below a tmpfs of ours; never through a symbolic link. */
int mount_make_point(const char *root, const char *path, bool is_dir, struct err *err);

/* --- sandbox_hide.c --- */

/* The empty directories over hidden ones: writable while mount points are made in them. */
struct sandbox_covers {
    int *items; /* owned O_PATH descriptors: a path may by then lead to what was bound over it */
    size_t count;
    size_t cap;
};

/* The caller's home and what the specification names, as resolved paths of the host. */
void sandbox_list_hidden(const struct sandbox_spec *spec, const struct sandbox_ids *ids,
                         struct strv *ret);
/* Hides these, and everything that is hidden always. */
int sandbox_hide_all(const struct strv *more, struct sandbox_covers *covers, struct err *err);
/* Covers path, when it is there, with something empty. */
int sandbox_hide(const char *path, struct sandbox_covers *covers, struct err *err);
/* The programs that the specification takes away, as resolved paths of the host. */
void sandbox_list_unwanted(const struct sandbox_spec *spec, struct strv *ret);
/*
 * Puts a fifo that nobody may open in place of each, whatever shows it: a search of the PATH wants a
 * regular file (dash), one that can be read (older cmake), or one that can be run (all others).
 */
int sandbox_take_away(const struct strv *programs, struct err *err);
/* When all mount points are made; what is mounted in the covers keeps its own access. */
int sandbox_seal_covers(const struct sandbox_covers *covers, struct err *err);
void sandbox_release_covers(struct sandbox_covers *covers);

/* --- sandbox_stage.c --- */

int sandbox_make_dir(const char *path, mode_t mode, struct err *err);
/* Changes to a root of our own with the host at STAGE_HOST and an empty tmpfs at STAGE_NEW. */
int sandbox_enter_stage(const struct sandbox_ids *ids, struct err *err);

/* --- sandbox_root.c --- */

/* While the root is built (see sandbox_root.c): the host, the root to be, and what is bound from. */
#define STAGE_HOST "/host"
#define STAGE_NEW "/new"
#define STAGE_SKEL "/skel"
#define STAGE_SCRATCH "/scratch" /* where the job's tmpfs is mounted */

/* B: builds the new root beside the host's. *ret_job: the job directory in it, still empty. */
int sandbox_make_root(const struct sandbox_spec *spec, const struct sandbox_ids *ids, int *ret_job,
                      struct err *err);
/* B, when the job directory is filled: from here on there is no host. */
int sandbox_leave_host(struct err *err);

/* --- sandbox_dev.c --- */

int sandbox_make_dev(const char *root, struct err *err);
int sandbox_make_proc(const char *root, struct err *err);
int sandbox_make_etc(const char *root, const char *skel, const struct sandbox_spec *spec,
                     struct err *err);
int sandbox_loopback_up(struct err *err);

/* --- sandbox_job.c --- */

/* The sources, opened before the host disappears. */
struct sandbox_sources {
    int archive;
    int tree;
};
#define SANDBOX_SOURCES_INIT                                                                       \
    {                                                                                              \
        -1, -1                                                                                     \
    }

int sandbox_open_sources(const struct sandbox_spec *spec, struct sandbox_sources *ret,
                         struct err *err);
void sandbox_close_sources(struct sandbox_sources *sources);
/* Fills an empty job directory. owner: (uid_t)-1 leaves it as it is. *ret_out: out/, opened. */
int sandbox_fill_job(const struct sandbox_spec *spec, const struct sandbox_sources *sources,
                     int job, uid_t owner, int *ret_out, struct err *err);
/* Locked and mapped: opens and empties the real job directory. */
int sandbox_open_real_job(const struct sandbox_spec *spec, int *ret_job, struct err *err);

/* --- sandbox_out.c --- */

/* Adds "files" to msg and returns the opened wheel, or -1. Nobody may be alive who can write there. */
int sandbox_examine_out(int out, json_t *msg);

/* --- sandbox_payload.c --- */

struct sandbox_payload {
    const struct sandbox_spec *spec;
    const struct sandbox_ids *ids;
    const struct sandbox_io *io;
    const char *job_path;
    int sync;             /* to B: set-up of C, see sandbox_init.c */
    pid_t parent;         /* B */
    mode_t outside_umask; /* the caller's: what the payload has without its guard */
    int (*body)(void *arg);
    void *arg;
};

/* C. Never returns. */
_Noreturn void sandbox_payload_main(const struct sandbox_payload *payload);

/* --- sandbox_init.c --- */

struct sandbox_init {
    const struct sandbox_spec *spec;
    const struct sandbox_ids *ids;
    const struct sandbox_io *io;
    const struct fork_hooks *hooks;
    int report; /* frames to A: ready, failed, ended */
    int hold;   /* end of file: A is gone or wants the end */
    int (*body)(void *arg);
    void *arg;
};

/* B. Never returns. */
_Noreturn void sandbox_init_main(const struct sandbox_init *init);

/* --- sandbox_fork.c --- */

/* fork() with the hooks around it. */
pid_t sandbox_fork(const struct fork_hooks *hooks);
_Noreturn void sandbox_exit(int status);
