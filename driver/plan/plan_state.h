/*
 * The plan as data, and what the plan*.c files share: its lock, and what happens under it. Others use
 * plan.h, and of what stands here only what the run sets.
 *
 *     plan.c        what is begun, and what it comes to
 *     plan_waits.c  who waits for it, and who asks
 */
#pragma once

#include <pthread.h>

#include "system/cancel.h"
#include "system/pool.h"
#include "plan/places.h"

/* Who does the work; set by the run, so that the plan knows neither of them. */
struct plan_hooks {
    void (*run_build)(
        void *build); /* on a pool thread; ends with plan_finish_build or _require_more */
    /* may be NULL: of the builds that were handed to run_build this comes next; under the lock */
    void (*hurry)(struct build *build);
    /* starts it, with the plan's lock held; ends with plan_finish_env unless it could not start */
    int (*fill_env)(struct env *env, struct err *err);
};

struct plan {
    struct pool *pool;           /* where builds run */
    const struct cancel *cancel; /* ends every wait */
    const struct plan_hooks *hooks;
    void *arg;                    /* the hooks' own */
    const struct strv *allow_url; /* --allow-url; borrowed, set before the first thread */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct build **builds; /* (lock) */
    size_t build_count, build_cap;
    struct env **envs; /* (lock) */
    size_t env_count, env_cap;
    struct places places;  /* (lock) which environments may be filled now */
    int threads;           /* (lock) environments being filled */
    int running;           /* (lock) builds in the pool's hands */
    bool stopped;          /* (lock) nothing new is begun */
    bool resolved;         /* (lock) what the user shall get is known, or never will be */
    struct strv url_names; /* (lock) projects that --allow-url let come from a URL */
    unsigned search;       /* (lock) the number of the last search for circles */
};

static inline void plan_lock(struct plan *plan)
{
    (void)pthread_mutex_lock(&plan->lock);
}

static inline void plan_unlock(struct plan *plan)
{
    (void)pthread_mutex_unlock(&plan->lock);
}

/* All under the lock. */

static inline void plan_wait_change(struct plan *plan)
{
    (void)pthread_cond_wait(&plan->changed, &plan->lock);
}

static inline void plan_announce(struct plan *plan)
{
    (void)pthread_cond_broadcast(&plan->changed);
}

static inline bool plan_stops(const struct plan *plan)
{
    return plan->stopped || cancel_requested(plan->cancel);
}

/* An urgent build that is in the queue comes next. */
void plan_hurry(const struct plan *plan, struct build *build);
/* Begins the environments that have a place now. */
void plan_begin_envs(struct plan *plan);
/* Waits for a place; without one when the run stops meanwhile. */
void plan_wait_place(struct plan *plan, struct env *env);
