/*
 * The builder: what all builds of one run share. Made by the run before the first worker starts and
 * read-only from then on, except for what the members guard themselves.
 */
#pragma once

#include "system/cancel.h"
#include "system/cgroup.h"
#include "system/pool.h"
#include "system/tmp.h"
#include "sandbox/probe.h"
#include "sandbox/spec.h"
#include "jobs/engine.h"
#include "jobs/environment.h"
#include "jobs/progress.h"
#include "inputs/digests.h"
#include "inputs/key.h"
#include "inputs/options.h"
#include "plan/budget.h"
#include "plan/plan.h"
#include "plan/slots.h"
#include "store/store.h"
#include "lock/locked.h"
#include "build/bases.h"
#include "build/env_stamp.h"

struct builder {
    const struct wheel_options *options;
    struct engine engine;
    struct environment environment; /* the Python that was asked for */
    struct cancel cancel;
    struct pool *pool;    /* workers: they build */
    struct pool *lookups; /* threads that only look into the store */
    struct store store;   /* STORE_INIT: none is used */
    struct plan *plan;
    json_t *settings;           /* of packages, as read from the settings file; NULL: none */
    struct locked locked;       /* --locked: all that may be used; empty without */
    struct progress *progress;  /* borrowed */
    struct jobserver jobserver; /* of the make above us, if any */
    struct slots *job_slots;    /* which builds may run now */
    struct budget budget;       /* of memory */
    struct env_stamps stamps;   /* of the environments that builds could change */
    struct cgroup cgroup;       /* that holds the builds, where one is delegated */
    struct tmp_dir tmp;
    const char *dir; /* of tmp: private, 0700, gone at the end */
    char *log_dir;   /* where logs are written; below dir unless --log-dir */
    char *kept_logs; /* where those of failed builds are kept; NULL: nowhere (build/logs.h) */
    pthread_mutex_t logs_lock;
    struct strv logs;       /* (logs_lock) what has a log already */
    char *root;             /* R */
    char *compiler;         /* who it says it is; "" for none */
    struct key machine;     /* the part of every key that all builds have */
    struct digests digests; /* of the machine's files; the main thread's */
    struct bases bases;     /* what the resolvers' answers rest on */
    enum sandbox_mode mode;
    struct sandbox_caps caps;
    struct sandbox_binds
        binds;            /* for every build: the interpreter's directories, --bind, toolchains */
    int slots;            /* builds at once */
    atomic_uint next_dir; /* see builder_new_dir */
};

/* Of a builder that nothing was done for yet; run_release accepts it. */
#define BUILDER_INIT                                                                               \
    {                                                                                              \
        .engine = ENGINE_INIT, .cancel = {.fd = -1}, .jobserver = JOBSERVER_INIT,                  \
        .store = STORE_INIT, .tmp = TMP_DIR_INIT, .logs_lock = PTHREAD_MUTEX_INITIALIZER,          \
        .bases = BASES_INIT                                                                        \
    }

/* A new directory <dir>/<what>-<number>, 0700, below the run directory. The caller frees. */
int builder_new_dir(struct builder *b, const char *what, char **ret_path, struct err *err);
/* What a job about lock files needs; `log` is borrowed. */
struct lock_place builder_lock_place(struct builder *b, const char *log);
/* Whether nothing but locked files may be used. */
bool builder_is_locked(const struct builder *b);
/* A name of that kind, for what is no directory: nothing is created. The caller frees. */
char *builder_new_name(struct builder *b, const char *what);
