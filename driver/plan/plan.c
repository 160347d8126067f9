#include "plan/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "wheel/wheel_name.h"
#include "plan/local_requires.h"

/* ----------------------------------------------------------------------------------- objects */

struct plan *plan_new(struct pool *pool, const struct cancel *cancel,
                      const struct plan_hooks *hooks, void *arg)
{
    struct plan *plan = xcalloc(1, sizeof(*plan));

    plan->pool = pool;
    plan->cancel = cancel;
    plan->hooks = hooks;
    plan->arg = arg;
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

static void fail_build(struct plan *plan, struct build *build, const char *phase, struct err *err)
{
    build->state = WORK_FAILED;
    free(build->phase);
    build->phase = phase ? xstrdup(phase) : NULL;
    err_move(&build->err, err);
    announce(plan);
}

/* Under the lock: puts a waiting build into the queue, or ends it, as its environment says. */
static void advance(struct plan *plan, struct build *build)
{
    if (build->state != WORK_WAITING || build->dropped || plan->stopped)
        return;
    if (build->env->state == WORK_FAILED) {
        auto_err struct err err = ERR_INIT;
        (void)copy_error(&build->env->err, &err);
        fail_build(plan, build, NULL, &err); /* the message says which requirements */
    } else if (build->env->state == WORK_DONE) {
        build->state = WORK_READY;
        plan->running++;
        pool_add(plan->pool, plan->hooks->run_build, build);
    }
}

/* ------------------------------------------------------------------------------------ circles */

/*
 * As pip has it: what is built is the archive, with whatever options. Comparing the builds would not
 * do: one whose options differ at every level would go on for ever.
 */
static bool is_same_source(const struct build *a, const struct build *b)
{
    static const char *const fields[] = {"sha256", "subdirectory", "dir"};

    for (size_t i = 0; i < ARRAY_SIZE(fields) && a != b; i++)
        if (strcmp(json_text(a->source, fields[i]), json_text(b->source, fields[i])) != 0)
            return false;
    return true;
}

static bool is_over(const struct build *build)
{
    return build->state == WORK_DONE || build->state == WORK_FAILED;
}

/* Does `env`, directly or not, wait for the source of `build`? Under the lock. */
static bool env_waits_for(const struct env *env, const struct build *build, int depth)
{
    if (!env || env->state == WORK_DONE || depth > 200)
        return false;
    if (env_waits_for(env->base, build, depth + 1))
        return true;
    for (size_t i = 0; i < env->needs_count; i++) {
        const struct build *need = env->needs[i];
        if (is_over(need))
            continue;
        if (is_same_source(need, build) || env_waits_for(need->env, build, depth + 1))
            return true;
    }
    return false;
}

/* The circle may have begun with another build of the same source. */
static bool is_in_circle(const struct plan *plan, const struct build *build)
{
    for (size_t i = 0; i < plan->build_count; i++) {
        const struct build *other = plan->builds[i];
        if (!is_over(other) && is_same_source(other, build) && env_waits_for(other->env, build, 0))
            return true;
    }
    return false;
}

/* The resolver's finder_args name both formats, ":none:" for the one that was not. */
static bool forbids_wheels(const struct build *build)
{
    auto_strv struct strv args = STRV_INIT;

    json_add_strings(json_object_get(build->source, "finder_args"), &args);
    for (size_t i = 0; i + 1 < args.count; i++)
        if (strcmp(args.items[i], "--no-binary") == 0)
            return strcmp(args.items[i + 1], ":none:") != 0;
    return false;
}

static bool refuse_circle(struct plan *plan, struct build *build)
{
    auto_err struct err err = ERR_INIT;

    if (!is_in_circle(plan, build))
        return false;
    (void)err_set(&err, ERR_BUILD, "its build requirements need %s itself, from source",
                  build->label);
    if (forbids_wheels(build))
        err_hint(&err, "let a wheel be used for one of them: without --no-binary for it");
    else
        err_hint(&err, "a wheel of one of them, in an index or where --find-links points, ends it");
    fail_build(plan, build, NULL, &err);
    return true;
}

/* --------------------------------------------------------------------------------- local files */

/*
 * Whoever asks, pyproject.toml or a hook. What the user has named as a path may name others, as with
 * pip; what was found in an index, behind a URL or among --find-links may not.
 */
static bool refuse_local_files(struct plan *plan, struct build *build, const struct strv *requires)
{
    auto_err struct err err = ERR_INIT;
    const json_t *source = build->source;

    if (json_is_true(json_object_get(source, "local")) ||
        json_is_false(json_object_get(source, "isolated")))
        return false;
    const char *found = local_requires_find(requires);
    if (!found)
        return false;
    (void)err_set(&err, ERR_BUILD, "its build requirement '%.200s' is a file of this machine",
                  found);
    fail_build(plan, build, "requires", &err);
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

/* Takes the requirement list. Under the lock; starts the thread that fills a new environment. */
static struct env *get_env(struct plan *plan, struct strv *requires, const json_t *source,
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
    env->state = WORK_RUNNING;
    plan->threads++;
    plan->hooks->fill_env(env);
    return env;
}

/* Under the lock. */
static struct env *find_same_content(struct plan *plan, const struct env *env, const char *hash)
{
    for (size_t i = 0; i < plan->env_count; i++) {
        struct env *other = plan->envs[i];
        if (other != env && strcmp(other->hash, hash) == 0 && other->state != WORK_FAILED)
            return other;
    }
    return NULL;
}

char *plan_name_env(struct plan *plan, struct env *env, const char *hash)
{
    struct env *other;
    char *path = NULL;

    lock(plan);
    while ((other = find_same_content(plan, env, hash)) && other->state != WORK_DONE)
        wait_change(plan); /* it is being laid out, which needs nobody else */
    (void)snprintf(env->hash, sizeof(env->hash), "%s", hash);
    if (other)
        path = xstrdup(other->path);
    unlock(plan);
    return path;
}

void plan_finish_env(struct plan *plan, struct env *env, struct err *err)
{
    lock(plan);
    env->state = err->code ? WORK_FAILED : WORK_DONE;
    err_move(&env->err, err);
    plan->threads--;
    for (size_t i = 0; i < plan->build_count; i++)
        if (plan->builds[i]->env == env)
            advance(plan, plan->builds[i]);
    announce(plan);
    unlock(plan);
}

/* ------------------------------------------------------------------------------------- builds */

static struct build *find_build(struct plan *plan, const char *key)
{
    for (size_t i = 0; i < plan->build_count; i++)
        if (strcmp(plan->builds[i]->key, key) == 0)
            return plan->builds[i];
    return NULL;
}

static struct build *add_new_build(struct plan *plan, json_t *source)
{
    struct build *build = build_new(source);
    auto_strv struct strv requires = STRV_INIT;

    build->plan = plan;
    json_add_strings(json_object_get(source, "requires"), &requires);
    vec_grow((void **)&plan->builds, plan->build_count, &plan->build_cap, sizeof(*plan->builds));
    plan->builds[plan->build_count++] = build;
    if (!refuse_local_files(plan, build, &requires))
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

struct build *plan_add_build(struct plan *plan, json_t *source, struct env *for_env)
{
    auto_free char *key = build_key(source);

    lock(plan);
    struct build *build = find_build(plan, key);
    if (!build)
        build = add_new_build(plan, source);
    if (for_env) {
        add_need(for_env, build);
        build->wanted = true;
        build->dropped = false;
    }
    if (build->state == WORK_WAITING && !refuse_circle(plan, build))
        advance(plan, build);
    unlock(plan);
    return build;
}

void plan_require_more(struct plan *plan, struct build *build, const struct strv *more)
{
    auto_strv struct strv requires = STRV_INIT;

    strv_extend(&requires, more);
    lock(plan);
    plan->running--;
    build->state = WORK_WAITING;
    build->requires_final = true;
    if (!refuse_local_files(plan, build, &requires)) {
        build->env = get_env(plan, &requires, build->source, build->env);
        if (!refuse_circle(plan, build))
            advance(plan, build);
    }
    announce(plan);
    unlock(plan);
}

void plan_set_metadata(struct plan *plan, struct build *build, const char *text)
{
    lock(plan);
    if (!json_is_true(json_object_get(build->source, "static"))) { /* else it stays what it was */
        free(build->metadata);
        build->metadata = xstrdup(text);
    }
    announce(plan);
    unlock(plan);
}

void plan_finish_build(struct plan *plan, struct build *build, struct wheel_file *wheel,
                       const char *phase, struct err *err)
{
    lock(plan);
    plan->running--;
    if (err->code) {
        fail_build(plan, build, phase, err);
    } else {
        build->wheel = *wheel;
        *wheel = (struct wheel_file){0};
        build->state = WORK_DONE;
        announce(plan);
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
    if (build->log_path) {
        auto_free char *message = xasprintf("%s (log: %s)", err->message, build->log_path);
        free(err->message);
        err->message = steal(&message);
    }
    if (build->phase)
        (void)err_wrap(err, "%s", build->phase);
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

int plan_wait_metadata(struct plan *plan, struct build *build, char **ret_text, struct err *err)
{
    int ret = 0;

    lock(plan);
    while (!build->metadata && (ret = build_outcome(plan, build, err)) == 0)
        wait_change(plan);
    if (ret >= 0 && !build->metadata)
        ret = err_set(err, ERR_BUILD, "%s: the build gave no metadata", build->label);
    if (ret >= 0)
        *ret_text = xstrdup(build->metadata);
    unlock(plan);
    return ret < 0 ? ret : 0;
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
        found = wheel_dist_equal(json_text(plan->builds[i]->source, "name"), project);
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

void plan_want(struct plan *plan, struct build **builds, size_t count)
{
    lock(plan);
    for (size_t i = 0; i < count; i++)
        builds[i]->wanted = true;
    for (size_t i = 0; i < plan->build_count; i++)
        if (!plan->builds[i]->wanted && plan->builds[i]->state == WORK_WAITING)
            plan->builds[i]->dropped = true;
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
