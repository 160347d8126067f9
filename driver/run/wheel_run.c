/* One run: the main thread, which owns signals and slots while the others work. */
#include "run/wheel_run.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/vec.h"
#include "system/sig.h"
#include "build/build.h"
#include "build/builder.h"
#include "build/env_fill.h"
#include "run/delivery.h"
#include "run/recall.h"
#include "run/remember.h"
#include "run/run_setup.h"
#include "run/settings.h"
#include "run/stopping.h"

/* Resolvers and installers mostly wait for an index or a disk: a few more than builds. */
enum { MORE_FILLERS = 2 };

static const struct plan_hooks plan_hooks = {
    .run_build = build_look_up, .hurry = build_hurry, .fill_env = env_fill_start};

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

/* Signals, the display's ticks and slots, until the delivery is over. */
static void watch(struct builder *b, struct stopping *stopping, const struct cancel *finished)
{
    for (;;) {
        struct pollfd fds[] = {
            {.fd = finished->fd, .events = POLLIN},
            {.fd = stopping->signals, .events = POLLIN},
            {.fd = slots_fd(b->job_slots), .events = POLLIN},
        };
        (void)poll(fds, ARRAY_SIZE(fds), progress_tick_ms(b->progress));
        if (fds[0].revents)
            return;
        int signal = fds[1].revents ? sig_read(stopping->signals) : 0;
        if (signal > 0)
            stopping_signal(stopping, signal);
        if (fds[2].revents)
            slots_serve(b->job_slots);
        progress_tick(b->progress);
    }
}

static int make_pools(struct builder *b, struct err *err)
{
    enum { LOOKUPS = 2 };
    int ret = pool_new(b->slots, &b->pool, err);

    return ret == 0 ? pool_new(LOOKUPS, &b->lookups, err) : ret;
}

static int run_threads(struct builder *b, struct stopping *stopping, struct outcome *outcome,
                       struct err *err)
{
    struct delivery delivery;
    int ret = make_pools(b, err);

    if (ret < 0)
        return ret;
    b->plan = plan_new(b->lookups, &b->cancel, b->slots + MORE_FILLERS, &plan_hooks, b);
    b->plan->allow_url = &b->options->allow_url;
    ret = delivery_start(&delivery, b, outcome, err);
    if (ret < 0)
        return ret;
    watch(b, stopping, &delivery.finished);
    stopping_watch(stopping);
    ret = delivery_finish(&delivery, err);
    cancel_request(&b->cancel, 0); /* what nobody wants any more */
    slots_stop(b->job_slots);
    plan_wake(b->plan);
    return ret;
}

/* A misspelt name would have no other effect than that the build fails for want of a network. */
static void warn_of_unused_names(const struct builder *b)
{
    const struct strv *names = &b->options->allow_network, *urls = &b->options->allow_url;

    for (size_t i = 0; i < names->count; i++)
        if (!plan_has_project(b->plan, names->items[i]))
            log_warn("--allow-network %s: nothing of that name was built", names->items[i]);
    for (size_t i = 0; i < urls->count; i++)
        if (!plan_has_url_of(b->plan, urls->items[i]))
            log_warn("--allow-url %s: no URL of it was asked for that needs it", urls->items[i]);
    settings_warn_of_unused(b);
}

/* The signal says more than what failed because of it. */
static int end_by_signal(int signal, struct outcome *outcome, struct err *err)
{
    outcome->signal = signal;
    err_release(err);
    return 0;
}

static int run_from_signals_on(struct builder *b, struct stopping *stopping,
                               struct outcome *outcome, struct err *err)
{
    int ret = run_setup(b, stopping->signals, err);
    int signal = ret < 0 ? sig_read(stopping->signals) : 0; /* else watch() reads it */

    if (signal > 0) {
        stopping_signal(stopping, signal);
        return end_by_signal(signal, outcome, err);
    }
    if (ret < 0)
        return ret;
    int64_t began_ns = clock_real_ns();
    ret = run_threads(b, stopping, outcome, err);
    signal = atomic_load(&b->cancel.signal);
    if (ret == 0 && !signal && !outcome->failures.count)
        remember_run(b, outcome, began_ns);
    if (signal)
        ret = end_by_signal(signal, outcome, err);
    else if (ret == 0)
        warn_of_unused_names(b);
    plan_free(b->plan);
    pool_free(b->lookups);
    pool_free(b->pool);
    return ret;
}

int wheel_run(const struct wheel_options *options, struct progress *progress,
              struct outcome *ret_outcome, struct err *err)
{
    struct builder builder = BUILDER_INIT;
    struct stopping stopping = STOPPING_INIT;

    int ret = recall_run(options, progress, ret_outcome, err);
    if (ret != 0)
        return ret < 0 ? ret : 0;
    builder.options = options;
    builder.progress = progress;
    stopping.builder = &builder;
    ret = open_signals(&stopping.signals, err);
    if (ret == 0)
        ret = run_from_signals_on(&builder, &stopping, ret_outcome, err);
    stopping_watch(&stopping);
    run_release(&builder);
    stopping_end(&stopping);
    engine_release(&builder.engine);
    close_fd(&stopping.signals);
    /* After a signal it stays: another one, sent while the first was obeyed, would change the status. */
    if (!ret_outcome->signal)
        (void)sig_restore_mask(NULL); /* what follows is a short way to exit */
    return ret;
}
