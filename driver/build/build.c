#include "build/build.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "build/attempt.h"
#include "build/claim.h"
#include "build/hint.h"

/* ---------------------------------------------------------------------------------------- logs */

static char *log_name(const struct attempt *a)
{
    static atomic_uint counter;
    unsigned n = atomic_fetch_add(&counter, 1);

    if (a->run->options->log_dir)
        return xasprintf("%s/%s.log", a->run->log_dir, a->build->dir);
    return xasprintf("%s/%u-%s.log", a->run->log_dir, n, a->build->dir);
}

/* A failure's log outlives the run directory. */
static char *keep_log(const struct attempt *a)
{
    const char *tmp = getenv("TMPDIR");
    auto_free char *dir = xasprintf("%s/truewheel-log-XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
    auto_str struct str text = STR_INIT;

    if (!a->log.path)
        return NULL;
    if (a->run->options->log_dir)
        return xstrdup(a->log.path);
    if (read_file(a->log.path, 64 << 20, &text, NULL) < 0 || !mkdtemp(dir))
        return NULL;
    char *kept = xasprintf("%s/%s.log", dir, a->build->dir);
    (void)write_file(kept, text.buf, text.len, 0644, NULL); /* the message names what there is */
    return kept;
}

static void explain(struct attempt *a, struct err *err)
{
    auto_free char *lines = job_log_last_lines(&a->log, 30);
    auto_free char *kept = NULL;

    if (err->code == -ERR_CANCELLED)
        return;
    bool offline = a->spec.mode == SANDBOX_NAMESPACES && !a->spec.network;
    build_hint(&a->log.tail, offline, source_text(a, "name"), err);
    job_log_note(&a->log, "truewheel: %s", err->message);
    job_log_close(&a->log);
    kept = keep_log(a);
    if (lines[0])
        err_detail(err, lines);
    a->build->log_path = kept ? xstrdup(kept) : NULL;
}

/* ------------------------------------------------------------------------------------- attempt */

static bool is_stopped(const struct attempt *a)
{
    (void)pthread_mutex_lock(&a->plan->lock);
    bool stopped = a->plan->stopped;
    (void)pthread_mutex_unlock(&a->plan->lock);
    return stopped || cancel_requested(&a->run->cancel);
}

/* Comes last before the hooks: nobody waits for a lock, or idles, with a slot in his hands. */
static int take_slot(struct attempt *a, struct err *err)
{
    static atomic_uint counter;

    a->spec.jobserver_host = xasprintf("%s/jobs-%u", a->run->dir, atomic_fetch_add(&counter, 1));
    progress_phase(a->run->progress, a, "waiting for a slot");
    int ret = slots_take(a->run->job_slots, a->spec.jobserver_host, &a->lease, err);
    if (ret == 0 && is_stopped(a))
        ret = err_set(err, ERR_CANCELLED, "not begun");
    a->start_ms = clock_ms();
    progress_phase(a->run->progress, a, "starting");
    return ret;
}

static int run_job(struct attempt *a, const struct lock *claim, struct err *err)
{
    json_t *request = attempt_request(a);
    struct job_spec spec = {
        .engine = &a->run->engine,
        .request = request,
        .sandboxed = true,
        .log = &a->log,
        .claim = claim,
        .cancel = &a->run->cancel,
        .timeout_ms = a->run->options->timeout_ms,
        .on_frame = attempt_on_frame,
        .arg = a,
    };
    int ret = job_run(&spec, err);

    json_decref(request);
    return ret;
}

static int attempt_run(struct attempt *a, struct wheel_file *ret_wheel, struct err *err)
{
    struct lock claim = LOCK_INIT;
    int ret = attempt_prepare(a, err);

    if (ret == 0)
        ret = claim_take(a->run, a->build->dir, &claim, err);
    if (ret == 0)
        ret = take_slot(a, err);
    if (ret == 0)
        ret = run_job(a, &claim, err);
    slots_give(&a->lease);
    claim_clean(a->run, a->build->dir, &claim);
    lock_release(&claim);
    if (ret == 0)
        ret = attempt_judge(a, err);
    if (ret == 0 && !a->saw_missing)
        ret = attempt_normalise(a, ret_wheel, err);
    return ret;
}

static void attempt_release(struct attempt *a)
{
    sandbox_spec_release(&a->spec);
    job_log_release(&a->log);
    strv_release(&a->missing);
    strv_release(&a->files);
    close_fd(&a->wheel_fd);
    free(a->wheel_name);
    free(a->crates);
    json_decref(a->installed);
    free(a->error);
    if (a->work_host)
        (void)remove_tree_at(AT_FDCWD, a->work_host, NULL); /* the run directory goes as well */
    free(a->work_host);
}

static int begin(struct attempt *a, struct err *err)
{
    auto_free char *path = log_name(a);

    (void)pthread_mutex_lock(&a->plan->lock);
    bool stopped = a->plan->stopped || a->build->dropped;
    if (!stopped)
        a->build->state = WORK_RUNNING;
    (void)pthread_mutex_unlock(&a->plan->lock);
    if (stopped || cancel_requested(&a->run->cancel))
        return err_set(err, ERR_CANCELLED, "not begun");
    progress_begin(a->run->progress, a, a->build->label, "starting");
    return job_log_open(&a->log, path, err);
}

void build_execute(void *arg)
{
    struct build *build = arg;
    auto_err struct err err = ERR_INIT;
    struct wheel_file wheel = {0};
    struct attempt a = ATTEMPT_INIT;

    a.run = build->plan->arg;
    a.plan = build->plan;
    a.build = build;
    a.start_ms = clock_ms();
    int ret = begin(&a, &err);
    if (ret == 0)
        ret = attempt_run(&a, &wheel, &err);
    if (ret < 0)
        explain(&a, &err);
    progress_end(a.run->progress, &a);
    build->build_ms += clock_ms() - a.start_ms;
    build->cpu_ms += a.cpu_ms;
    build->on_disk = !a.spec.tmpfs;
    free(build->crates);
    build->crates = steal(&a.crates);
    json_decref(build->installed);
    build->installed = steal(&a.installed);
    if (ret == 0 && a.saw_missing)
        plan_require_more(a.plan, build, &a.missing);
    else
        plan_finish_build(a.plan, build, &wheel, a.phase, &err);
    attempt_release(&a);
}
