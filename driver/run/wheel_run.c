#include "run/wheel_run.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "system/publish.h"
#include "system/sig.h"
#include "system/tmp.h"
#include "plan/plan.h"
#include "build/build.h"
#include "build/env_fill.h"
#include "build/resolve.h"
#include "build/run.h"
#include "run/outcome.h"
#include "run/run_setup.h"

/* The plan's thread: from the resolver to the last published wheel. */
struct delivery_thread {
    struct run *run;
    struct resolution resolution;
    struct outcome outcome;
    char *wheel_dir;
    struct cancel finished; /* turns readable when the thread is at its end */
    int result;
    struct err err;
};

/* --------------------------------------------------------------------------------- publication */

static int publish_wheel(struct delivery_thread *d, const struct wheel_file *wheel, struct err *err)
{
    auto_close int fd = open(wheel->path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", wheel->path);
    return publish_file(d->wheel_dir, wheel->name, fd, err);
}

static void deliver(struct delivery_thread *d, size_t index, const struct wheel_file *wheel,
                    const struct build *build)
{
    const struct resolved *item = &d->resolution.items[index];

    d->outcome.items[index] = (struct delivery){
        .project = item->project, .version = item->version, .wheel = wheel, .build = build};
}

static int make_wheel_dir(struct delivery_thread *d, struct err *err)
{
    const char *asked = d->run->options->wheel_dir;

    if (!asked)
        asked = d->resolution.wheel_dir ? d->resolution.wheel_dir : ".";
    d->wheel_dir = xstrdup(asked);
    d->outcome.wheel_dir = d->wheel_dir;
    int ret = make_dirs(d->wheel_dir, 0777, err);
    if (ret == 0 && access(d->wheel_dir, W_OK | X_OK) < 0)
        ret = err_errno(err, errno, "cannot write to '%s'", d->wheel_dir);
    return ret;
}

static int publish_index_wheels(struct delivery_thread *d, struct err *err)
{
    for (size_t i = 0; i < d->resolution.count; i++) {
        const struct resolved *item = &d->resolution.items[i];
        if (item->build)
            continue;
        int ret = publish_wheel(d, &item->wheel, err);
        if (ret < 0)
            return ret;
        deliver(d, i, &item->wheel, NULL);
        progress_say(d->run->progress, MOOD_PLAIN, "using %s %s from the index", item->project,
                     item->version);
    }
    return 0;
}

/* ---------------------------------------------------------------------------------- the builds */

static int take_build(struct delivery_thread *d, size_t index, struct build *build, struct err *err)
{
    auto_err struct err failure = ERR_INIT;
    struct progress *progress = d->run->progress;
    int ret = plan_wait_build(d->run->plan, build, &failure);

    if (ret == 0) {
        ret = publish_wheel(d, &build->wheel, err);
        if (ret < 0)
            return ret;
        deliver(d, index, &build->wheel, build);
        progress_say(progress, MOOD_GOOD, "built %s in %.1f s", build->label,
                     (double)build->build_ms / 1000);
        return 0;
    }
    if (ret == -ERR_CANCELLED)
        return 0; /* not begun because another one failed, or stopped by a signal */
    progress_say(progress, MOOD_BAD, "failed %s", build->label);
    outcome_add_failure(&d->outcome, &failure);
    if (!d->run->options->keep_going)
        plan_stop(d->run->plan);
    return 0;
}

/* The builds among the resolved, and for each its place there. */
struct wanted {
    struct build **builds;
    size_t *places;
    bool *seen;
    size_t count;
};

static struct wanted list_wanted(const struct resolution *resolution)
{
    struct wanted w = {
        .builds = xcalloc(resolution->count, sizeof(struct build *)),
        .places = xcalloc(resolution->count, sizeof(size_t)),
        .seen = xcalloc(resolution->count, sizeof(bool)),
    };

    for (size_t i = 0; i < resolution->count; i++)
        if (resolution->items[i].build) {
            w.builds[w.count] = resolution->items[i].build;
            w.places[w.count++] = i;
        }
    return w;
}

static int collect_builds(struct delivery_thread *d, struct err *err)
{
    struct wanted w = list_wanted(&d->resolution);
    size_t done = 0;
    int ret = 0;

    plan_want(d->run->plan, w.builds, w.count);
    progress_totals(d->run->progress, 0, w.count);
    for (size_t i;
         ret == 0 && (i = plan_wait_any(d->run->plan, w.builds, w.count, w.seen)) < w.count;) {
        w.seen[i] = true;
        ret = take_build(d, w.places[i], w.builds[i], err);
        progress_totals(d->run->progress, ++done, w.count);
    }
    free(w.builds);
    free(w.places);
    free(w.seen);
    return ret;
}

/* Only what was delivered stays in the list. */
static void drop_undelivered(struct outcome *outcome)
{
    size_t kept = 0;

    for (size_t i = 0; i < outcome->count; i++)
        if (outcome->items[i].wheel)
            outcome->items[kept++] = outcome->items[i];
    outcome->count = kept;
}

/* ------------------------------------------------------------------------------------- records */

static int write_records(struct delivery_thread *d, struct err *err)
{
    const struct wheel_options *options = d->run->options;
    int ret = 0;

    if (options->report && d->resolution.report && !d->outcome.failure_count)
        ret = outcome_write_json(d->resolution.report, options->report, err);
    if (ret == 0 && options->json) {
        json_t *record = outcome_record(&d->outcome, d->run);
        ret = outcome_write_json(record, options->json, err);
        json_decref(record);
    }
    if (ret == 0 && options->depfile && !d->outcome.failure_count)
        ret = outcome_write_depfile(&d->outcome, d->run, options->depfile, err);
    return ret;
}

static int resolve_root(struct delivery_thread *d, struct err *err)
{
    const struct wheel_options *options = d->run->options;
    struct resolve_request request = {
        .what = "requirements",
        .from_source = options->from_source,
        .keep_going = options->keep_going,
    };

    for (size_t i = 0; i < options->build_constraints.count; i++) {
        strv_push(&request.args, "--build-constraint");
        strv_push(&request.args, options->build_constraints.items[i]);
    }
    strv_extend(&request.args, &options->pip_args);
    int ret = resolve_run(d->run, &request, &d->resolution, err);
    strv_release(&request.args);
    return ret;
}

static int deliver_all(struct delivery_thread *d, struct err *err)
{
    if (d->run->options->wheel_dir) {
        /* a directory that cannot be written to is said before anything is built for it */
        int ret = make_wheel_dir(d, err);
        if (ret < 0)
            return ret;
    }
    int ret = resolve_root(d, err);
    if (ret == 0 && !d->wheel_dir)
        ret = make_wheel_dir(d, err);
    if (ret < 0)
        return ret;
    d->outcome.count = d->outcome.cap = d->resolution.count;
    d->outcome.items = xcalloc(d->resolution.count, sizeof(*d->outcome.items));
    ret = publish_index_wheels(d, err);
    if (ret == 0)
        ret = collect_builds(d, err);
    drop_undelivered(&d->outcome);
    if (ret == 0 && !cancel_requested(&d->run->cancel))
        ret = write_records(d, err);
    return ret;
}

static void *delivery_main(void *arg)
{
    struct delivery_thread *d = arg;

    d->result = deliver_all(d, &d->err);
    cancel_request(&d->finished, 0);
    return NULL;
}

/* --------------------------------------------------------------------------- the main thread */

static void on_signal(struct run *run, int signal)
{
    if (cancel_requested(&run->cancel))
        return;
    cancel_request(&run->cancel, signal);
    slots_stop(run->job_slots);
    plan_wake(run->plan);
}

static const struct plan_hooks plan_hooks = {.run_build = build_execute,
                                             .fill_env = env_fill_start};

/* Signals, the terminal, slots, and the end of the delivery thread. */
static void watch(struct run *run, int signals, const struct cancel *finished)
{
    enum { TICK_MS = 200 };

    for (;;) {
        struct pollfd fds[] = {
            {.fd = finished->fd, .events = POLLIN},
            {.fd = signals, .events = POLLIN},
            {.fd = slots_fd(run->job_slots), .events = POLLIN},
        };
        (void)poll(fds, ARRAY_SIZE(fds), run_is_on_terminal(run) ? TICK_MS : -1);
        if (fds[0].revents)
            return;
        int signal = fds[1].revents ? sig_read(signals) : 0;
        if (signal > 0)
            on_signal(run, signal);
        if (fds[2].revents)
            slots_serve(run->job_slots);
        progress_draw(run->progress);
    }
}

static int run_threads(struct run *run, int signals, struct delivery_thread *d, struct err *err)
{
    pthread_t thread;
    int ret = pool_new(run->slots, &run->pool, err);

    if (ret < 0)
        return ret;
    run->plan = plan_new(run->pool, &run->cancel, &plan_hooks, run);
    ret = pthread_create(&thread, NULL, delivery_main, d); /* signals are blocked in all threads */
    if (ret == 0) {
        watch(run, signals, &d->finished);
        (void)pthread_join(thread, NULL);
        cancel_request(&run->cancel, 0); /* what nobody wants any more */
        slots_stop(run->job_slots);
        plan_wake(run->plan);
        ret = d->result;
        err_move(err, &d->err);
    } else {
        ret = err_errno(err, ret, "cannot start a thread");
    }
    return ret;
}

static void report_failures(const struct outcome *outcome)
{
    for (size_t i = 0; i < outcome->failure_count; i++)
        err_print(&outcome->failures[i]);
}

static void list_wheels(const struct outcome *outcome, struct strv *ret)
{
    for (size_t i = 0; ret && i < outcome->count; i++)
        strv_push(ret, outcome->items[i].wheel->name);
}

static int conclude_by_signal(int signal, int *ret_status, struct err *err)
{
    err_release(err);
    (void)fprintf(stderr, "truewheel: stopped by signal %d (%s)\n", signal, strsignal(signal));
    *ret_status = 128 + signal;
    return 0;
}

/* A misspelt name would have no other effect than that the build fails for want of a network. */
static void warn_of_unused_names(const struct run *run)
{
    const struct strv *names = &run->options->allow_network;

    for (size_t i = 0; i < names->count; i++)
        if (!plan_has_project(run->plan, names->items[i]))
            log_warn("--allow-network %s: nothing of that name was built", names->items[i]);
}

static int conclude(struct run *run, struct delivery_thread *d, int ret, int *ret_status,
                    struct err *err)
{
    int signal = atomic_load(&run->cancel.signal);

    progress_clear(run->progress);
    if (signal)
        return conclude_by_signal(signal, ret_status, err);
    if (ret < 0)
        return ret;
    warn_of_unused_names(run);
    if (!run->options->quiet && !str_eq(run->options->json, "-") &&
        !str_eq(run->options->report, "-"))
        ret = outcome_print_table(&d->outcome, err);
    report_failures(&d->outcome);
    *ret_status = d->outcome.failure_count ? 1 : 0;
    return d->outcome.failure_count ? 0 : ret; /* that a package failed says more */
}

/* A signal that was ignored when we were started (nohup) stays ignored. */
static int open_signals(int *ret_fd, struct err *err)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    int watched[ARRAY_SIZE(ends) + 1] = {0};
    size_t count = 0;

    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        struct sigaction action;
        if (sigaction(ends[i], NULL, &action) < 0 || action.sa_handler != SIG_IGN)
            watched[count++] = ends[i];
    }
    int ret = sig_block_all(err);
    if (ret == 0)
        ret = sig_allow_stops(err); /* builds have sessions of their own and go on meanwhile */
    return ret == 0 ? sig_open_fd(watched, ret_fd, err) : ret;
}

/* *ret_stopped: a signal has come meanwhile, which says more than what failed because of it. */
static int set_up(struct run *run, int signals, int *ret_status, bool *ret_stopped, struct err *err)
{
    int ret = run_setup(run, signals, err);
    int signal = ret < 0 ? sig_read(signals) : 0; /* else watch() reads it */

    *ret_stopped = signal > 0;
    return *ret_stopped ? conclude_by_signal(signal, ret_status, err) : ret;
}

int wheel_run(const struct wheel_options *options, struct strv *ret_wheels, int *ret_status,
              struct err *err)
{
    struct run run = {.options = options, .engine = {.control = -1, .life = -1}};
    struct delivery_thread d = {.run = &run, .err = ERR_INIT};
    auto_close int signals = -1;
    bool stopped = false; /* before there was a pool */

    int ret = open_signals(&signals, err);
    if (ret == 0)
        ret = set_up(&run, signals, ret_status, &stopped, err);
    if (ret == 0 && !stopped)
        ret = cancel_init(&d.finished, err);
    if (ret == 0 && !stopped) {
        ret = run_threads(&run, signals, &d, err);
        ret = conclude(&run, &d, ret, ret_status, err);
        if (ret == 0)
            list_wheels(&d.outcome, ret_wheels);
        plan_free(run.plan);
        pool_free(run.pool);
        cancel_release(&d.finished);
    }
    outcome_release(&d.outcome);
    resolution_release(&d.resolution);
    free(d.wheel_dir);
    stopped = stopped || atomic_load(&run.cancel.signal);
    run_release(&run);
    if (!stopped) /* else a second signal, sent while the first was obeyed, would change the status */
        (void)sig_restore_mask(NULL); /* what follows is a short way to exit */
    return ret;
}
