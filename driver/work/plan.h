/*
 * What there is to do in a run: the sources to build and the build environments they need, and who
 * waits for whom.
 *
 *   resolver ── sdist ──> build ── needs ──> env ── resolver for its requirements ── sdist ──> build …
 *
 *   build: WAITING (for its environment) ─> READY (in the pool's queue) ─> RUNNING ─> DONE | FAILED
 *          RUNNING ─> WAITING again when the backend asks for more build requirements
 *   env:   FILLING (a thread of its own: mostly network) ─> READY | FAILED
 *
 * One source is built once however many ask for it, one set of build requirements is resolved and
 * installed once a run. Neither ever waits in a circle: a build that would need itself fails.
 *
 * Objects live as long as the plan. Fields marked (lock) are guarded by plan->lock and announced by
 * plan->changed; the others are set when the object is made and never change.
 */
#pragma once

#include <jansson.h>
#include <pthread.h>

#include "base/err.h"
#include "base/sha256.h"
#include "base/vec.h"

struct run;

enum work_state { WORK_WAITING, WORK_READY, WORK_RUNNING, WORK_DONE, WORK_FAILED };

/* A wheel in the run directory. */
struct wheel_file {
    char *name;    /* base name */
    char *path;    /* absolute */
    char *project; /* as the resolver knows it */
    char *version;
    char *url;     /* where an index wheel came from, without credentials; NULL when built */
    char sha256[SHA256_HEX];
};

struct wheel_files {
    struct wheel_file *items;
    size_t count;
    size_t cap;
};

void wheel_file_copy(struct wheel_file *to, const struct wheel_file *from);
void wheel_file_release(struct wheel_file *file);
void wheel_files_release(struct wheel_files *files);

struct env {
    struct plan *plan;
    char *key;
    struct strv requires;    /* what was asked for, sorted; the base's own not repeated */
    struct strv finder_args; /* what the resolver must be given besides */
    struct env *base;        /* whose wheels it has as well, and which win; NULL: none */
    bool isolated;           /* false: --no-build-isolation, the interpreter's own packages */
    enum work_state state;   /* (lock) */
    struct err err;          /* (lock) why it failed */
    struct wheel_files wheels; /* (lock) set once, before READY; by project name */
    struct build **needs;    /* (lock) sdists among them */
    size_t needs_count, needs_cap;
    char hash[SHA256_HEX];   /* (lock) "" until plan_name_env: the name below R/env */
    char *path;              /* (lock) where it lies on this machine */
};

struct build {
    struct plan *plan;
    char *key;
    char *label;             /* "psutil 7.2.2", for people */
    char *dir;               /* "psutil-7.2.2", below R */
    json_t *source;          /* the resolver's sdist frame; read-only */
    int64_t queued_ms;
    enum work_state state;   /* (lock) */
    bool wanted;             /* (lock) the result shall be delivered */
    bool dropped;            /* (lock) not wanted after all and not begun: never will be */
    struct env *env;         /* (lock) the one it needs now */
    bool requires_final;     /* (lock) env holds what the backend asked for */
    char *metadata;          /* (lock) METADATA, as soon as it is known */
    struct err err;          /* (lock) */
    char *phase;             /* (lock) of the failure: "wheel"; NULL: before the first one */
    char *log_path;          /* (lock) of a failure; NULL when nothing was kept */
    struct wheel_file wheel; /* (lock) set once, before DONE */
    int64_t build_ms;        /* (lock) from the first hook to the normalised wheel */
    uint64_t cpu_ms;         /* (lock) */
    char *crates;            /* (lock) "locked", "unlocked", "failed: …"; NULL: it has none */
};

struct plan {
    struct run *run;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct build **builds; /* (lock) */
    size_t build_count, build_cap;
    struct env **envs;     /* (lock) */
    size_t env_count, env_cap;
    int threads;           /* (lock) environments being filled */
    int running;           /* (lock) builds in the pool's hands */
    bool stopped;          /* (lock) nothing new is begun */
};

struct plan *plan_new(struct run *run);
/* Waits for threads and builds that still run (cancel first to make that quick), then frees. */
void plan_free(struct plan *plan);

/*
 * The build of a source, new or known. `for_env` is the environment that needs the wheel, NULL for
 * the user's own requirements. The source is read, not kept by the caller's reference alone.
 */
struct build *plan_add_build(struct plan *plan, json_t *source, struct env *for_env);

/* A running build was asked for more build requirements: it goes back to waiting. */
void plan_require_more(struct plan *plan, struct build *build, const struct strv *more);

void plan_set_metadata(struct plan *plan, struct build *build, const char *text);
/* The build is over; takes err, or moves *wheel when err is empty. */
void plan_finish_build(struct plan *plan, struct build *build, struct wheel_file *wheel,
                       const char *phase, struct err *err);

/* Block until known; -ERR_CANCELLED when the run stops meanwhile. The error is a copy. */
int plan_wait_metadata(struct plan *plan, struct build *build, char **ret_text, struct err *err);
int plan_wait_build(struct plan *plan, struct build *build, struct err *err);

/*
 * The index of a build that is over (done, failed, or will never begin) and not yet in `seen`; waits
 * for one. `count` when all have been seen.
 */
size_t plan_wait_any(struct plan *plan, struct build **builds, size_t count, const bool *seen);

/*
 * Names an environment by its content. When another one has the same content, waits for it and
 * returns its path (a copy); NULL: this is the first, and its path will be the others'.
 */
char *plan_name_env(struct plan *plan, struct env *env, const char *hash);

/* The environment is over; err as above. */
void plan_finish_env(struct plan *plan, struct env *env, struct err *err);

/* Marks what the resolver chose; whatever nobody wants and has not begun is dropped. */
void plan_want(struct plan *plan, struct build **builds, size_t count);

/* Begins nothing new; what runs goes on. */
void plan_stop(struct plan *plan);
/* Wakes everybody who waits, after run->cancel was requested. */
void plan_wake(struct plan *plan);
