/*
 * The things that a plan (plan/plan.h) is about: builds of sources, and the build environments that
 * they need. Plain data; who waits for whom is the plan's.
 *
 * Fields marked (lock) are guarded by the plan's lock and change through its functions alone. They
 * may be read without it once the object is DONE, because then they change no more. The others are
 * set when the object is made.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "base/vec.h"
#include "system/cancel.h"
#include "system/lock.h"
#include "plan/source.h"
#include "plan/wheel_file.h"

struct plan;

/* 64 bits of a digest: nobody gains by a collision of their own requirements. */
enum { ENV_HASH_LEN = 16 };

enum work_state { WORK_WAITING, WORK_READY, WORK_RUNNING, WORK_DONE, WORK_FAILED };

/* What came of filling an environment. */
struct env_result {
    struct wheel_files wheels; /* what is installed in it, by file name */
    char *path;                /* where it lies on this machine */
    struct lock lease;         /* locked mode: keeps other runs from replacing it */
};

#define ENV_RESULT_INIT                                                                            \
    {                                                                                              \
        .lease = LOCK_INIT                                                                         \
    }

struct env {
    struct plan *plan;
    char *key;
    struct strv requires;    /* what was asked for, sorted; the base's own not repeated */
    struct strv finder_args; /* what the resolver must be given besides */
    struct env *base;        /* whose wheels it has as well, and which win; NULL: none */
    bool isolated;           /* false: --no-build-isolation, the interpreter's own packages */
    enum work_state state;   /* (lock) */
    struct err err;          /* (lock) why it failed */
    struct build **needs;    /* (lock) the sdists among what is to be installed */
    size_t needs_count, needs_cap;
    bool placed;                   /* (lock) it has one of the places (plan/places.h) */
    const struct build *waits_for; /* (lock) what its resolver wants to know about; NULL: nothing */
    unsigned searched, needed; /* (lock) the plan's and the places' last search that has seen it */
    char digest[SHA256_HEX];   /* (lock) of its content; "" until plan_name_env */
    char hash[ENV_HASH_LEN + 1]; /* (lock) its name below R/env */
    struct env_result result;    /* (lock) set with DONE */
};

/* What came of a build. All of it is owned. */
struct build_result {
    struct wheel_file wheel; /* in normal form; empty when it failed */
    char *phase;             /* in which it failed: "wheel"; NULL: before the first one */
    char *ended;             /* how what ran inside ended when it failed: "status 1"; NULL: well */
    char *log_path;          /* of a failure; NULL when nothing was kept */
    int64_t ms;              /* from the first hook to the normalised wheel */
    uint64_t cpu_ms;         /* of all processes of the build that were reaped */
    bool from_store;         /* not built by this run: what is told of it is of the one that did */
    bool on_disk;      /* the job directory was not in memory: directory order is the disk's */
    json_t *installed; /* what the interpreter offered; NULL with build isolation */
    char *crates;      /* "locked", "unlocked", "failed: …"; NULL: it has none */
    char *clock;       /* that the build saw: "settled", "ran", "real"; NULL: it did not say */
    json_t *traces;    /* what the wheel holds of the real one (wheel/traces.h); NULL: nothing */
};

struct build {
    struct plan *plan;
    char *identity;             /* source_identity */
    char *label;                /* source_label */
    struct source *source;      /* owned, read-only */
    char *project;              /* (lock) its name, as soon as it is known; "" before */
    enum work_state state;      /* (lock) */
    bool wanted;                /* (lock) the wheel shall be delivered */
    bool dropped;               /* (lock) not wanted after all and not begun: never will be */
    bool certain;               /* (lock) its wheel is part of every solution */
    bool urgent;                /* (lock) the user's resolver waits for it, or has */
    bool offered;               /* (lock) plan_wait_certain has returned it */
    struct cancel *stop;        /* (lock) its worker's own, while that runs; NULL: none */
    struct env *env;            /* (lock) the one it needs now; NULL: refused before it had one */
    bool deferred;              /* its worker's own: another run was at it, see build/build.c */
    bool requires_final;        /* (lock) env holds what the backend asked for */
    char *metadata;             /* (lock) METADATA, as soon as it is known */
    struct err err;             /* (lock) why it failed */
    struct build_result result; /* (lock) set with DONE or FAILED */
};

/* A new environment for a source's build requirements; takes the list, sorts it. `base` is borrowed. */
struct env *env_new(struct strv *requires, const struct source *source, struct env *base);
void env_free(struct env *env);
/* The build that made a wheel of an environment, when all are done; NULL: it is an index's. */
const struct build *env_build_of(const struct env *env, const struct wheel_file *wheel);

/* A new build of a source, which it takes. */
struct build *build_new(struct source *source);
void build_free(struct build *build);

void env_result_release(struct env_result *result);
void build_result_release(struct build_result *result);
