/* One source from its sdist to a wheel: the order of things, its log, slot and lock. */
#include "build/build.h"

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/path.h"
#include "system/cgroup.h"
#include "system/memory.h"
#include "build/attempt.h"
#include "build/claim.h"
#include "build/logs.h"
#include "build/stored.h"

/* ------------------------------------------------------------------------------------- attempt */

/* Taken last: a slot is not held while waiting for a lock. */
static int take_slot(struct attempt *a, struct err *err)
{
    a->spec.jobserver_host = builder_new_name(a->builder, "jobs");
    progress_phase(a->builder->progress, a, PHASE_WAITING);
    int ret = slots_take(a->builder->job_slots, a->spec.jobserver_host, &a->lease, err);
    if (ret == 0 && (plan_is_stopped(a->builder->plan) || cancel_requested(&a->stop)))
        ret = err_set(err, ERR_CANCELLED, "not begun");
    a->start_ms = clock_ms();
    a->start_s = (int64_t)time(NULL);
    progress_phase(a->builder->progress, a, "starting");
    return ret;
}

static int run_job(struct attempt *a, const struct lock *claim, struct err *err)
{
    json_t *request = attempt_request(a);
    struct job_spec spec = {
        .engine = &a->builder->engine,
        .request = request,
        .sandboxed = true,
        .log = &a->log,
        .claim = claim,
        .cancel = &a->builder->cancel,
        .stop = &a->stop,
        .timeout_ms = attempt_time_limit(a),
        .on_frame = attempt_on_frame,
        .arg = a,
    };

    progress_phase(a->builder->progress, a, "sandbox");
    a->oom_kills = memory_kills();
    budget_join(&a->builder->budget, &a->share);
    int ret = job_run(&spec, err);
    budget_leave(&a->builder->budget, &a->share);
    json_decref(request);
    return ret;
}

/* Of this build where it has a cgroup, else of anybody while it ran. */
static void note_kills(struct attempt *a)
{
    a->oom_kills = a->spec.cgroup ? cgroup_count(a->spec.cgroup, "memory.events", "oom_kill")
                                  : memory_kills() - a->oom_kills;
    if (a->spec.cgroup)
        cgroup_remove(a->spec.cgroup);
}

/* What a build before it, or this one, has made of what all of them share. */
static int check_env(const struct attempt *a, struct err *err)
{
    return env_stamps_check(&a->builder->stamps, a->build->env->result.path, err);
}

static int attempt_run(struct attempt *a, struct err *err)
{
    struct lock claim = LOCK_INIT;
    int ret = attempt_prepare(a, err);

    if (ret == 0)
        ret = claim_take(a->builder, a->build->source->dir, &claim, err);
    if (ret == 0)
        ret = take_slot(a, err);
    if (ret == 0)
        ret = check_env(a, err);
    if (ret == 0)
        ret = run_job(a, &claim, err);
    if (ret == 0)
        ret = check_env(a, err);
    note_kills(a);
    slots_give(&a->lease);
    claim_clean(a->builder, a->build->source->dir, &claim);
    lock_release(&claim);
    if (ret == 0)
        ret = attempt_judge(a, err);
    if (ret == 0 && !a->saw_missing)
        ret = attempt_normalise(a, &a->result.wheel, err);
    if (ret == 0 && !a->saw_missing)
        attempt_find_traces(a);
    return ret;
}

static void attempt_release(struct attempt *a)
{
    sandbox_spec_release(&a->spec);
    job_log_release(&a->log);
    strv_release(&a->missing);
    strv_release(&a->files);
    strv_release(&a->chance);
    close_fd(&a->wheel_fd);
    free(a->wheel_name);
    free(a->error);
    build_result_release(&a->result);
    cancel_release(&a->stop);
    if (a->work_host)
        (void)remove_tree_at(AT_FDCWD, a->work_host, NULL); /* the run directory goes as well */
    free(a->work_host);
}

static void on_line(void *arg, const char *line)
{
    const struct attempt *a = arg;

    progress_line(a->builder->progress, a, line);
}

static int begin(struct attempt *a, struct err *err)
{
    int ret = cancel_init(&a->stop, err);

    if (ret < 0)
        return ret;
    if (!plan_begin_build(a->builder->plan, a->build, &a->stop))
        return err_set(err, ERR_CANCELLED, "not begun");
    progress_begin(a->builder->progress, PROGRESS_BUILD, a, a->build->label, "starting");
    a->log.on_line = on_line;
    a->log.arg = a;
    auto_free char *path = logs_new_path(a->builder, a->build->source->dir);
    return job_log_open(&a->log, path, err);
}

static void say_again(const struct attempt *a)
{
    progress_say(a->builder->progress, MOOD_PLAIN,
                 "%s is %s, which --allow-network names: building it again, with the network",
                 a->build->label, a->build->project);
}

static char *describe_end(const struct attempt *a)
{
    if (!a->ended || (!a->signal && !a->status))
        return NULL;
    return a->signal ? xasprintf("signal %d", a->signal) : xasprintf("status %d", a->status);
}

static void fill_result(struct attempt *a)
{
    a->result.ended = describe_end(a);
    a->result.phase = xstrdup(a->phase);
    a->result.ms = clock_ms() - a->start_ms;
    a->result.on_disk = !a->spec.tmpfs;
}

static void keep(struct attempt *a)
{
    auto_free char *metadata = plan_metadata(a->builder->plan, a->build);

    progress_phase(a->builder->progress, a, "storing");
    job_log_close(&a->log);
    stored_keep(a->builder, a->build, &a->result, metadata, a->saw_missing ? &a->missing : NULL,
                a->log.path);
}

/* Builds it, whatever the store has. */
static void build_now(struct builder *builder, struct build *build)
{
    auto_err struct err err = ERR_INIT;
    struct attempt a = ATTEMPT_INIT;

    a.builder = builder;
    a.build = build;
    a.start_ms = clock_ms();
    int ret = begin(&a, &err);
    if (ret == 0)
        ret = attempt_run(&a, &err);
    if (ret < 0 && a.starts_again)
        say_again(&a);
    else if (ret < 0)
        attempt_explain(&a, &err);
    fill_result(&a);
    if (ret == 0)
        keep(&a);
    progress_end(builder->progress, &a);
    if (ret < 0 && a.starts_again)
        plan_build_again(build->plan, build, &a.result);
    else if (ret == 0 && a.saw_missing)
        plan_require_more(build->plan, build, &a.missing, &a.result);
    else
        plan_finish_build(build->plan, build, &a.result, &err);
    attempt_release(&a);
}

/* --------------------------------------------------------------------------------------- store */

static void finish_cancelled(struct build *build)
{
    struct build_result nothing = {0};
    auto_err struct err err = ERR_INIT;

    (void)err_set(&err, ERR_CANCELLED, "not begun");
    plan_finish_build(build->plan, build, &nothing, &err);
}

/* True: the store had it, or the run has stopped, and the plan knows. */
static bool finish_from_store(struct builder *builder, struct build *build)
{
    auto_err struct err err = ERR_INIT;
    auto_strv struct strv missing = STRV_INIT;
    auto_free char *metadata = NULL;
    struct build_result result = {0};

    if (!stored_may_serve(builder, build))
        return false;
    progress_begin(builder->progress, PROGRESS_STORE, &result, build->label, "look-up");
    int ret = stored_find(builder, build, &result, &metadata, &missing, &err);
    progress_end(builder->progress, &result);
    if (ret < 0 && ret != -ENOENT)
        log_warn("%s: %s: it is built", build->label, err.message);
    if (ret < 0)
        return false;
    if (result.wheel.project)
        plan_name_build(build->plan, build, result.wheel.project);
    if (!stored_may_serve(builder, build)) { /* by its name, if nobody knew that before */
        build_result_release(&result);
        return false;
    }
    if (!plan_begin_build(build->plan, build, NULL)) {
        build_result_release(&result);
        finish_cancelled(build);
        return true;
    }
    if (missing.count) {
        plan_require_more(build->plan, build, &missing, &result);
        return true;
    }
    if (metadata)
        plan_set_metadata(build->plan, build, metadata);
    plan_finish_build(build->plan, build, &result, &err);
    return true;
}

void build_look_up(void *arg)
{
    struct build *build = arg;
    struct builder *builder = build->plan->arg;

    if (finish_from_store(builder, build))
        return;
    int64_t expected_ms = stored_time_ms(builder, build);
    bool urgent = plan_is_urgent(build->plan, build);
    log_debug("build=\"%s\" queued, expected_ms=%lld", build->label, (long long)expected_ms);
    pool_add_weighted(builder->pool, build_execute, build, expected_ms);
    if (urgent) /* from pool_add_weighted on the plan may be gone */
        pool_hurry(builder->pool, build);
}

void build_hurry(struct build *build)
{
    struct builder *builder = build->plan->arg;

    pool_hurry(builder->lookups, build);
    pool_hurry(builder->pool, build);
}

/*
 * When another run is at the same build, others go first: by the time this one's turn comes again
 * it may be in the store. Then there is nothing else to do but wait. -EAGAIN: it was put off.
 */
static int lock_build(struct builder *builder, struct build *build, struct lock *ret_lock,
                      struct err *err)
{
    struct claim_wait wait;

    claim_wait_init(&wait, builder, build->source->dir);
    int ret = stored_lock(builder, build, build->deferred ? &wait.lock : NULL, ret_lock, err);
    if (ret != -EAGAIN)
        return ret;
    build->deferred = true;
    pool_add(builder->pool, build_execute, build);
    return ret;
}

void build_execute(void *arg)
{
    struct build *build = arg;
    struct builder *builder = build->plan->arg;
    auto_lock struct lock lock = LOCK_INIT;
    auto_err struct err err = ERR_INIT;

    if (stored_may_serve(builder, build) && builder->store.writable) {
        int ret = lock_build(builder, build, &lock, &err);
        if (ret == -EAGAIN)
            return;
        if (ret == 0 && finish_from_store(builder, build))
            return; /* another run has built it meanwhile */
        if (ret < 0 && ret != -ERR_CANCELLED)
            log_warn("%s: %s: built, perhaps a second time", build->label, err.message);
    }
    build_now(builder, build);
}
