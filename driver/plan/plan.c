/* The plan: what is begun when, who waits for whom, and what ends them; plan_waits.c waits. */
#include "plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "wheel/wheel_name.h"
#include "plan/direct_requires.h"

/* ----------------------------------------------------------------------------------- objects */

struct plan *plan_new(struct pool *pool, const struct cancel *cancel, int fillers,
                      const struct plan_hooks *hooks, void *arg)
{
    struct plan *plan = xcalloc(1, sizeof(*plan));

    plan->pool = pool;
    plan->cancel = cancel;
    plan->hooks = hooks;
    plan->arg = arg;
    plan->places.limit = fillers;
    (void)pthread_mutex_init(&plan->lock, NULL);
    (void)pthread_cond_init(&plan->changed, NULL);
    return plan;
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    plan_lock(plan);
    plan->stopped = true;
    while (plan->threads || plan->running)
        plan_wait_change(plan);
    plan_unlock(plan);
    for (size_t i = 0; i < plan->build_count; i++)
        build_free(plan->builds[i]);
    for (size_t i = 0; i < plan->env_count; i++)
        env_free(plan->envs[i]);
    free(plan->builds);
    free(plan->envs);
    places_release(&plan->places);
    strv_release(&plan->url_names);
    (void)pthread_cond_destroy(&plan->changed);
    (void)pthread_mutex_destroy(&plan->lock);
    free(plan);
}

/* --------------------------------------------------------------------- starting what is ready */

static void fail_build(struct plan *plan, struct build *build, struct err *err)
{
    build->state = WORK_FAILED;
    err_move(&build->err, err);
    plan_announce(plan);
}

/* Under the lock. */
void plan_hurry(const struct plan *plan, struct build *build)
{
    if (build->urgent && build->state == WORK_READY && plan->hooks->hurry)
        plan->hooks->hurry(build);
}

/* Under the lock: puts a waiting build into the queue, or ends it, as its environment says. */
static void advance(struct plan *plan, struct build *build)
{
    if (build->state != WORK_WAITING || build->dropped || plan->stopped)
        return;
    if (build->env->state == WORK_FAILED) {
        auto_err struct err err = ERR_INIT;
        (void)err_copy(&build->env->err, &err);
        fail_build(plan, build, &err); /* the message says which requirements */
    } else if (build->env->state == WORK_DONE) {
        build->state = WORK_READY;
        plan->running++;
        pool_add(plan->pool, plan->hooks->run_build, build);
        plan_hurry(plan, build);
    }
}

/* ------------------------------------------------------------------------------------ circles */

static bool is_over(const struct build *build)
{
    return build->state == WORK_DONE || build->state == WORK_FAILED;
}

/*
 * Does `env`, directly or not, wait for the source of `build`? Under the lock. Environments that this
 * search has seen are not looked at again: ten sets that each need two others are a thousand ways.
 */
static bool env_waits_for(const struct plan *plan, struct env *env, const struct build *build)
{
    if (!env || env->state == WORK_DONE || env->searched == plan->search)
        return false;
    env->searched = plan->search;
    if (env_waits_for(plan, env->base, build))
        return true;
    for (size_t i = 0; i < env->needs_count; i++) {
        const struct build *need = env->needs[i];
        if (is_over(need))
            continue;
        if (source_is_same(need->source, build->source) || env_waits_for(plan, need->env, build))
            return true;
    }
    return false;
}

/* The circle may have begun with another build of the same source. */
static bool is_in_circle(struct plan *plan, const struct build *build)
{
    plan->search++;
    for (size_t i = 0; i < plan->build_count; i++) {
        const struct build *other = plan->builds[i];
        if (!is_over(other) && source_is_same(other->source, build->source) &&
            env_waits_for(plan, other->env, build))
            return true;
    }
    return false;
}

static bool refuse_circle(struct plan *plan, struct build *build)
{
    auto_err struct err err = ERR_INIT;

    if (!is_in_circle(plan, build))
        return false;
    (void)err_set(&err, ERR_BUILD, "its build requirements need %s itself, from source",
                  build->label);
    if (source_forbids_wheels(build->source))
        err_hint(&err, "let a wheel be used for one of them: without --no-binary for it");
    else
        err_hint(&err, "a wheel of one of them, in an index or where --find-links points, ends it");
    fail_build(plan, build, &err);
    return true;
}

/* ----------------------------------------------------------------------------- files and URLs */

/* Whoever asks, pyproject.toml or (`of_hook`) the backend. Nothing is fetched without isolation. */
static bool refuse_direct_requires(struct plan *plan, struct build *build,
                                   const struct strv *requires, bool of_hook)
{
    auto_err struct err err = ERR_INIT;

    if (!build->source->isolated ||
        direct_requires_check(requires, build->source, of_hook, plan->allow_url, &plan->url_names,
                              &err) == 0)
        return false;
    build->result.phase = xstrdup("requires");
    fail_build(plan, build, &err);
    return true;
}

/* ------------------------------------------------------------------------------- environments */

static struct env *find_env(struct plan *plan, const char *key)
{
    for (size_t i = 0; i < plan->env_count; i++)
        if (strcmp(plan->envs[i]->key, key) == 0)
            return plan->envs[i];
    return NULL;
}

/* Under the lock: what waited for it goes on, or ends with it. */
static void end_env(struct plan *plan, struct env *env, struct err *err)
{
    env->state = err->code ? WORK_FAILED : WORK_DONE;
    err_move(&env->err, err);
    plan->threads--;
    places_leave(&plan->places, env);
    for (size_t i = 0; i < plan->build_count; i++)
        if (plan->builds[i]->env == env)
            advance(plan, plan->builds[i]);
}

/* Under the lock: starts to fill those that have a place now. */
void plan_begin_envs(struct plan *plan)
{
    struct env *env;

    while (!plan_stops(plan) && (env = places_next(&plan->places))) {
        auto_err struct err err = ERR_INIT;
        env->state = WORK_RUNNING;
        plan->threads++;
        if (plan->hooks->fill_env(env, &err) < 0)
            end_env(plan, env, &err);
    }
    plan_announce(plan);
}

/* Takes the requirement list. Under the lock; a new environment is filled as soon as it may be. */
static struct env *get_env(struct plan *plan, struct strv *requires, const struct source *source,
                           struct env *base)
{
    struct env *env = env_new(requires, source, base);
    struct env *known = find_env(plan, env->key);
    if (known) {
        env_free(env);
        return known;
    }
    vec_grow((void **)&plan->envs, plan->env_count, &plan->env_cap, sizeof(*plan->envs));
    plan->envs[plan->env_count++] = env;
    env->plan = plan;
    places_queue(&plan->places, env);
    plan_begin_envs(plan);
    return env;
}

/* Under the lock. */
static struct env *find_same_content(struct plan *plan, const struct env *env, const char *digest)
{
    for (size_t i = 0; i < plan->env_count; i++) {
        struct env *other = plan->envs[i];
        if (other != env && strcmp(other->digest, digest) == 0 && other->state != WORK_FAILED)
            return other;
    }
    return NULL;
}

char *plan_name_env(struct plan *plan, struct env *env, const char path_digest[SHA256_HEX],
                    const char content_digest[SHA256_HEX])
{
    struct env *other;
    char *path = NULL;

    plan_lock(plan);
    while ((other = find_same_content(plan, env, content_digest)) && other->state != WORK_DONE)
        plan_wait_change(plan); /* it is being laid out, which needs nobody else */
    memcpy(env->digest, content_digest, SHA256_HEX);
    memcpy(env->hash, path_digest, ENV_HASH_LEN);
    if (other)
        path = xstrdup(other->result.path);
    plan_unlock(plan);
    return path;
}

void plan_finish_env(struct plan *plan, struct env *env, struct env_result *result, struct err *err)
{
    plan_lock(plan);
    env->result = *result;
    *result = (struct env_result)ENV_RESULT_INIT;
    end_env(plan, env, err);
    plan_begin_envs(plan);
    plan_unlock(plan);
}

/* ------------------------------------------------------------------------------------- places */

/* Under the lock: waits for a place; without one when the run stops meanwhile. */
void plan_wait_place(struct plan *plan, struct env *env)
{
    plan->places.claimed++;
    while (!plan_stops(plan) && !places_take(&plan->places, env))
        plan_wait_change(plan);
    plan->places.claimed--;
}

int plan_take_place(struct plan *plan, struct env *env, struct err *err)
{
    plan_lock(plan);
    plan_wait_place(plan, env);
    int ret = env->placed ? 0 : err_set(err, ERR_CANCELLED, "stopped");
    plan_unlock(plan);
    return ret;
}

void plan_leave_place(struct plan *plan, struct env *env)
{
    plan_lock(plan);
    places_leave(&plan->places, env);
    plan_begin_envs(plan);
    plan_unlock(plan);
}

/* ------------------------------------------------------------------------------------- builds */

static struct build *find_build(struct plan *plan, const char *identity)
{
    for (size_t i = 0; i < plan->build_count; i++)
        if (strcmp(plan->builds[i]->identity, identity) == 0)
            return plan->builds[i];
    return NULL;
}

/* The resolver found that it is no source, and was told to go on (--keep-going). */
static bool refuse_broken(struct plan *plan, struct build *build)
{
    auto_err struct err err = ERR_INIT;

    if (!build->source->broken)
        return false;
    (void)err_set(&err, ERR_BUILD, "%s", build->source->broken);
    fail_build(plan, build, &err);
    return true;
}

/* Takes the source. */
static struct build *add_new_build(struct plan *plan, struct source *source)
{
    struct build *build = build_new(source);
    auto_strv struct strv requires = STRV_INIT;

    build->plan = plan;
    strv_extend(&requires, &source->requires);
    vec_grow((void **)&plan->builds, plan->build_count, &plan->build_cap, sizeof(*plan->builds));
    plan->builds[plan->build_count++] = build;
    if (!refuse_broken(plan, build) && !refuse_direct_requires(plan, build, &requires, false))
        build->env = get_env(plan, &requires, source, NULL);
    return build;
}

static void add_need(struct env *env, struct build *build)
{
    for (size_t i = 0; i < env->needs_count; i++)
        if (env->needs[i] == build)
            return;
    vec_grow((void **)&env->needs, env->needs_count, &env->needs_cap, sizeof(struct build *));
    env->needs[env->needs_count++] = build;
}

/* It was dropped or stopped because nobody wanted it, and now somebody does. Under the lock. */
static void revive(const struct plan *plan, struct build *build)
{
    build->dropped = false;
    if (build->state != WORK_FAILED || build->err.code != -ERR_CANCELLED || plan_stops(plan))
        return;
    err_release(&build->err);
    build_result_release(&build->result);
    build->state = WORK_WAITING;
}

struct build *plan_add_build(struct plan *plan, struct source *source, struct env *for_env)
{
    auto_free char *identity = source_identity(source);

    plan_lock(plan);
    struct build *build = find_build(plan, identity);
    if (build)
        source_free(source);
    else
        build = add_new_build(plan, source);
    if (for_env) {
        add_need(for_env, build);
        build->wanted = true;
        revive(plan, build);
    }
    if (build->state == WORK_WAITING && !refuse_circle(plan, build))
        advance(plan, build);
    plan_unlock(plan);
    return build;
}

bool plan_begin_build(struct plan *plan, struct build *build, struct cancel *stop)
{
    plan_lock(plan);
    bool begun = !plan_stops(plan) && !build->dropped;
    if (begun) {
        build->state = WORK_RUNNING;
        build->stop = stop;
    }
    plan_unlock(plan);
    return begun;
}

bool plan_is_urgent(struct plan *plan, const struct build *build)
{
    plan_lock(plan);
    bool urgent = build->urgent;
    plan_unlock(plan);
    return urgent;
}

bool plan_is_stopped(struct plan *plan)
{
    plan_lock(plan);
    bool stopped = plan_stops(plan);
    plan_unlock(plan);
    return stopped;
}

/* Under the lock: the build does not run any more. */
static void leave_worker(struct plan *plan, struct build *build)
{
    plan->running--;
    build->stop = NULL;
}

static void add_spent(struct build *build, const struct build_result *spent)
{
    build->result.ms += spent->ms;
    build->result.cpu_ms += spent->cpu_ms;
}

void plan_build_again(struct plan *plan, struct build *build, const struct build_result *spent)
{
    plan_lock(plan);
    leave_worker(plan, build);
    add_spent(build, spent);
    build->state = WORK_WAITING;
    advance(plan, build);
    plan_announce(plan);
    plan_unlock(plan);
}

void plan_require_more(struct plan *plan, struct build *build, const struct strv *more,
                       const struct build_result *spent)
{
    auto_strv struct strv requires = STRV_INIT;

    strv_extend(&requires, more);
    plan_lock(plan);
    leave_worker(plan, build);
    add_spent(build, spent);
    build->state = WORK_WAITING;
    build->requires_final = true;
    if (!refuse_direct_requires(plan, build, &requires, true)) {
        build->env = get_env(plan, &requires, build->source, build->env);
        if (!refuse_circle(plan, build))
            advance(plan, build);
    }
    plan_announce(plan);
    plan_unlock(plan);
}

void plan_name_build(struct plan *plan, struct build *build, const char *project)
{
    plan_lock(plan);
    if (!build->project[0]) {
        free(build->project);
        build->project = xstrdup(project);
    }
    plan_unlock(plan);
}

void plan_set_metadata(struct plan *plan, struct build *build, const char *text)
{
    plan_lock(plan);
    if (!build->source->promise) {
        free(build->metadata);
        build->metadata = xstrdup(text);
    }
    plan_announce(plan);
    plan_unlock(plan);
}

char *plan_metadata(struct plan *plan, const struct build *build)
{
    plan_lock(plan);
    char *text = build->metadata ? xstrdup(build->metadata) : NULL;
    plan_unlock(plan);
    return text;
}

void plan_finish_build(struct plan *plan, struct build *build, struct build_result *result,
                       struct err *err)
{
    plan_lock(plan);
    leave_worker(plan, build);
    result->ms += build->result.ms; /* earlier attempts */
    result->cpu_ms += build->result.cpu_ms;
    build_result_release(&build->result);
    build->result = *result;
    *result = (struct build_result){0};
    if (err->code) {
        fail_build(plan, build, err);
    } else {
        build->state = WORK_DONE;
        plan_announce(plan);
    }
    if (build->wanted) { /* perhaps only since it was stopped */
        revive(plan, build);
        advance(plan, build);
    }
    plan_unlock(plan);
}
