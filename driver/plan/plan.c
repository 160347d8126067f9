/* The plan: what is begun when, who waits for whom, and what ends them. */
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

static void lock(struct plan *plan)
{
    (void)pthread_mutex_lock(&plan->lock);
}

static void unlock(struct plan *plan)
{
    (void)pthread_mutex_unlock(&plan->lock);
}

static void wait_change(struct plan *plan)
{
    (void)pthread_cond_wait(&plan->changed, &plan->lock);
}

static void announce(struct plan *plan)
{
    (void)pthread_cond_broadcast(&plan->changed);
}

/* Under the lock. */
static bool is_stopped(const struct plan *plan)
{
    return plan->stopped || cancel_requested(plan->cancel);
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    lock(plan);
    plan->stopped = true;
    while (plan->threads || plan->running)
        wait_change(plan);
    unlock(plan);
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

static int copy_error(const struct err *from, struct err *err)
{
    int ret = err_set(err, from->code, "%s", from->message ? from->message : "failed");

    if (from->detail)
        err_detail(err, from->detail);
    if (from->hint)
        err_hint(err, "%s", from->hint);
    return ret;
}

static void fail_build(struct plan *plan, struct build *build, struct err *err)
{
    build->state = WORK_FAILED;
    err_move(&build->err, err);
    announce(plan);
}

/* Under the lock. */
static void hurry(const struct plan *plan, struct build *build)
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
        (void)copy_error(&build->env->err, &err);
        fail_build(plan, build, &err); /* the message says which requirements */
    } else if (build->env->state == WORK_DONE) {
        build->state = WORK_READY;
        plan->running++;
        pool_add(plan->pool, plan->hooks->run_build, build);
        hurry(plan, build);
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
static void begin_envs(struct plan *plan)
{
    struct env *env;

    while (!is_stopped(plan) && (env = places_next(&plan->places))) {
        auto_err struct err err = ERR_INIT;
        env->state = WORK_RUNNING;
        plan->threads++;
        if (plan->hooks->fill_env(env, &err) < 0)
            end_env(plan, env, &err);
    }
    announce(plan);
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
    begin_envs(plan);
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

    lock(plan);
    while ((other = find_same_content(plan, env, content_digest)) && other->state != WORK_DONE)
        wait_change(plan); /* it is being laid out, which needs nobody else */
    memcpy(env->digest, content_digest, SHA256_HEX);
    memcpy(env->hash, path_digest, ENV_HASH_LEN);
    if (other)
        path = xstrdup(other->result.path);
    unlock(plan);
    return path;
}

void plan_finish_env(struct plan *plan, struct env *env, struct env_result *result, struct err *err)
{
    lock(plan);
    env->result = *result;
    *result = (struct env_result)ENV_RESULT_INIT;
    end_env(plan, env, err);
    begin_envs(plan);
    unlock(plan);
}

/* ------------------------------------------------------------------------------------- places */

/* Under the lock: waits for a place; without one when the run stops meanwhile. */
static void wait_place(struct plan *plan, struct env *env)
{
    plan->places.claimed++;
    while (!is_stopped(plan) && !places_take(&plan->places, env))
        wait_change(plan);
    plan->places.claimed--;
}

int plan_take_place(struct plan *plan, struct env *env, struct err *err)
{
    lock(plan);
    wait_place(plan, env);
    int ret = env->placed ? 0 : err_set(err, ERR_CANCELLED, "stopped");
    unlock(plan);
    return ret;
}

void plan_leave_place(struct plan *plan, struct env *env)
{
    lock(plan);
    places_leave(&plan->places, env);
    begin_envs(plan);
    unlock(plan);
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
    if (build->state != WORK_FAILED || build->err.code != -ERR_CANCELLED || is_stopped(plan))
        return;
    err_release(&build->err);
    build_result_release(&build->result);
    build->state = WORK_WAITING;
}

struct build *plan_add_build(struct plan *plan, struct source *source, struct env *for_env)
{
    auto_free char *identity = source_identity(source);

    lock(plan);
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
    unlock(plan);
    return build;
}

bool plan_begin_build(struct plan *plan, struct build *build, struct cancel *stop)
{
    lock(plan);
    bool begun = !is_stopped(plan) && !build->dropped;
    if (begun) {
        build->state = WORK_RUNNING;
        build->stop = stop;
    }
    unlock(plan);
    return begun;
}

bool plan_is_urgent(struct plan *plan, const struct build *build)
{
    lock(plan);
    bool urgent = build->urgent;
    unlock(plan);
    return urgent;
}

bool plan_is_stopped(struct plan *plan)
{
    lock(plan);
    bool stopped = is_stopped(plan);
    unlock(plan);
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
    lock(plan);
    leave_worker(plan, build);
    add_spent(build, spent);
    build->state = WORK_WAITING;
    advance(plan, build);
    announce(plan);
    unlock(plan);
}

void plan_require_more(struct plan *plan, struct build *build, const struct strv *more,
                       const struct build_result *spent)
{
    auto_strv struct strv requires = STRV_INIT;

    strv_extend(&requires, more);
    lock(plan);
    leave_worker(plan, build);
    add_spent(build, spent);
    build->state = WORK_WAITING;
    build->requires_final = true;
    if (!refuse_direct_requires(plan, build, &requires, true)) {
        build->env = get_env(plan, &requires, build->source, build->env);
        if (!refuse_circle(plan, build))
            advance(plan, build);
    }
    announce(plan);
    unlock(plan);
}

void plan_name_build(struct plan *plan, struct build *build, const char *project)
{
    lock(plan);
    if (!build->project[0]) {
        free(build->project);
        build->project = xstrdup(project);
    }
    unlock(plan);
}

void plan_set_metadata(struct plan *plan, struct build *build, const char *text)
{
    lock(plan);
    if (!build->source->promise) {
        free(build->metadata);
        build->metadata = xstrdup(text);
    }
    announce(plan);
    unlock(plan);
}

char *plan_metadata(struct plan *plan, const struct build *build)
{
    lock(plan);
    char *text = build->metadata ? xstrdup(build->metadata) : NULL;
    unlock(plan);
    return text;
}

void plan_finish_build(struct plan *plan, struct build *build, struct build_result *result,
                       struct err *err)
{
    lock(plan);
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
        announce(plan);
    }
    if (build->wanted) { /* perhaps only since it was stopped */
        revive(plan, build);
        advance(plan, build);
    }
    unlock(plan);
}

/* ------------------------------------------------------------------------------------ waiting */

/* Package, phase, cause and log of a failed build, in one line. */
static int build_error(const struct build *build, struct err *err)
{
    int ret = copy_error(&build->err, err);

    if (ret == -ERR_CANCELLED)
        return ret;
    if (build->result.log_path) {
        auto_free char *message = xasprintf("%s (log: %s)", err->message, build->result.log_path);
        free(err->message);
        err->message = steal(&message);
    }
    if (build->result.phase)
        (void)err_wrap(err, "%s", build->result.phase);
    return err_wrap(err, "cannot build %s", build->label);
}

/* Under the lock. 0: go on waiting; 1: the build is over or `metadata` is enough; negative: error. */
static int build_outcome(struct plan *plan, const struct build *build, struct err *err)
{
    if (build->state == WORK_FAILED)
        return build_error(build, err);
    if (build->state == WORK_DONE)
        return 1;
    bool begun = build->state == WORK_RUNNING;
    if (cancel_requested(plan->cancel) || ((plan->stopped || build->dropped) && !begun))
        return err_set(err, ERR_CANCELLED, "stopped");
    return 0;
}

int plan_wait_metadata(struct plan *plan, struct build *build, struct env *for_env, char **ret_text,
                       struct err *err)
{
    int ret = 0;

    lock(plan);
    bool parks = for_env && !build->metadata;
    if (parks) {
        places_park(&plan->places, for_env, build);
        begin_envs(plan);
    }
    while (!build->metadata && (ret = build_outcome(plan, build, err)) == 0)
        wait_change(plan);
    if (parks)
        wait_place(plan, for_env);
    if (ret >= 0 && !build->metadata)
        ret = err_set(err, ERR_BUILD, "%s: the build gave no metadata", build->label);
    if (ret >= 0)
        *ret_text = xstrdup(build->metadata);
    unlock(plan);
    return ret < 0 ? ret : 0;
}

struct build *plan_wait_any_metadata(struct plan *plan, struct build *build,
                                     struct build *const *others, size_t count)
{
    struct build *found = NULL;

    lock(plan);
    build->urgent = true;
    hurry(plan, build);
    for (;;) {
        auto_err struct err err = ERR_INIT;
        if (build->metadata || build_outcome(plan, build, &err) != 0)
            found = build;
        for (size_t i = 0; !found && i < count; i++)
            if (others[i] && others[i]->metadata)
                found = others[i];
        if (found)
            break;
        wait_change(plan);
    }
    unlock(plan);
    return found;
}

int plan_failure(struct plan *plan, const struct build *build, struct err *err)
{
    lock(plan);
    int ret = build->state == WORK_FAILED ? build_error(build, err) : 0;
    unlock(plan);
    return ret;
}

bool plan_has_project(struct plan *plan, const char *project)
{
    bool found = false;

    lock(plan);
    for (size_t i = 0; i < plan->build_count && !found; i++)
        found = wheel_dist_equal(plan->builds[i]->project, project);
    unlock(plan);
    return found;
}

void plan_note_url(struct plan *plan, const char *project)
{
    lock(plan);
    strv_push(&plan->url_names, project);
    unlock(plan);
}

bool plan_has_url_of(struct plan *plan, const char *project)
{
    lock(plan);
    bool found = wheel_dist_in_list(&plan->url_names, project);
    unlock(plan);
    return found;
}

int plan_wait_build(struct plan *plan, struct build *build, struct err *err)
{
    int ret;

    lock(plan);
    while ((ret = build_outcome(plan, build, err)) == 0)
        wait_change(plan);
    unlock(plan);
    return ret < 0 ? ret : 0;
}

void plan_mark_certain(struct plan *plan, struct build *build)
{
    lock(plan);
    build->certain = true;
    announce(plan);
    unlock(plan);
}

/* Under the lock. */
static struct build *find_certain(const struct plan *plan)
{
    for (size_t i = 0; i < plan->build_count; i++) {
        struct build *build = plan->builds[i];
        if (build->certain && !build->offered && build->state == WORK_DONE)
            return build;
    }
    return NULL;
}

struct build *plan_wait_certain(struct plan *plan)
{
    struct build *found = NULL;

    lock(plan);
    while (!(found = find_certain(plan)) && !plan->resolved && !is_stopped(plan))
        wait_change(plan);
    if (found)
        found->offered = true;
    unlock(plan);
    return found;
}

void plan_end_resolution(struct plan *plan)
{
    lock(plan);
    plan->resolved = true;
    announce(plan);
    unlock(plan);
}

/* Under the lock. */
static void drop(struct build *build)
{
    if (build->state == WORK_WAITING || build->state == WORK_READY)
        build->dropped = true;
    else if (build->state == WORK_RUNNING && build->stop)
        cancel_request(build->stop, 0);
}

void plan_want(struct plan *plan, struct build **builds, size_t count)
{
    lock(plan);
    for (size_t i = 0; i < count; i++)
        builds[i]->wanted = true;
    for (size_t i = 0; i < plan->build_count; i++)
        if (!plan->builds[i]->wanted)
            drop(plan->builds[i]);
    announce(plan);
    unlock(plan);
}

void plan_stop(struct plan *plan)
{
    lock(plan);
    plan->stopped = true;
    announce(plan);
    unlock(plan);
}

void plan_wake(struct plan *plan)
{
    lock(plan);
    announce(plan);
    unlock(plan);
}

size_t plan_wait_any(struct plan *plan, struct build **builds, size_t count, const bool *seen)
{
    size_t found = count;
    bool all_seen = false;

    lock(plan);
    for (; found == count && !all_seen;) {
        auto_err struct err err = ERR_INIT;
        all_seen = true;
        for (size_t i = 0; i < count && found == count; i++) {
            if (seen[i])
                continue;
            all_seen = false;
            if (build_outcome(plan, builds[i], &err) != 0)
                found = i;
        }
        if (found == count && !all_seen)
            wait_change(plan);
    }
    unlock(plan);
    return found;
}
