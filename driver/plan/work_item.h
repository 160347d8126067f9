/*
 * The things that a plan (plan/plan.h) is about: sources to build, build environments, wheels. Plain
 * data; who waits for whom is the plan's.
 *
 * Fields marked (lock) are guarded by plan->lock and announced by plan->changed; the others are set
 * when the object is made and never change.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "base/sha256.h"
#include "base/vec.h"
#include "system/lock.h"

struct plan;

enum work_state { WORK_WAITING, WORK_READY, WORK_RUNNING, WORK_DONE, WORK_FAILED };

/* A wheel in the run directory. */
struct wheel_file {
    char *name;    /* base name */
    char *path;    /* absolute */
    char *project; /* as the resolver knows it */
    char *version;
    char *url; /* where an index wheel came from, without credentials; NULL when built */
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
    struct strv requires;      /* what was asked for, sorted; the base's own not repeated */
    struct strv finder_args;   /* what the resolver must be given besides */
    struct env *base;          /* whose wheels it has as well, and which win; NULL: none */
    bool isolated;             /* false: --no-build-isolation, the interpreter's own packages */
    enum work_state state;     /* (lock) */
    struct err err;            /* (lock) why it failed */
    struct wheel_files wheels; /* (lock) set once, before READY; by project name */
    struct build **needs;      /* (lock) sdists among them */
    size_t needs_count, needs_cap;
    char hash[SHA256_HEX]; /* (lock) "" until plan_name_env: the name below R/env */
    char *path;            /* (lock) where it lies on this machine */
    struct lock lease;     /* locked mode: keeps other runs from replacing it; until env_free */
};

struct build {
    struct plan *plan;
    char *key;
    char *label;             /* "psutil 7.2.2", for people */
    char *dir;               /* "psutil-7.2.2", below R */
    json_t *source;          /* the resolver's sdist frame; read-only */
    enum work_state state;   /* (lock) */
    bool wanted;             /* (lock) the result shall be delivered */
    bool dropped;            /* (lock) not wanted after all and not begun: never will be */
    struct env *env;         /* (lock) the one it needs now; NULL: refused before it had one */
    bool requires_final;     /* (lock) env holds what the backend asked for */
    char *metadata;          /* (lock) METADATA, as soon as it is known */
    struct err err;          /* (lock) */
    char *phase;             /* (lock) of the failure: "wheel"; NULL: before the first one */
    char *log_path;          /* (lock) of a failure; NULL when nothing was kept */
    struct wheel_file wheel; /* (lock) set once, before DONE */
    int64_t build_ms;        /* (lock) from the first hook to the normalised wheel */
    uint64_t cpu_ms;         /* (lock) */
    bool
        on_disk; /* (lock) the job directory was not in memory: the directory order is the disk's */
    json_t *installed; /* (lock) what the interpreter offered; NULL with build isolation */
    char *crates;      /* (lock) "locked", "unlocked", "failed: …"; NULL: it has none */
};

/* A new environment for a source's build requirements; takes the list, sorts it. `base` is borrowed. */
struct env *env_new(struct strv *requires, const json_t *source, struct env *base);
void env_free(struct env *env);

/* A new build of a source, which is kept by a reference. */
struct build *build_new(json_t *source);
void build_free(struct build *build);

/* What makes two sources the same work. The caller frees. */
char *build_key(const json_t *source);
