/* From the resolver's answer to wheels in the user's directory. */
#include "run/delivery.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "base/log.h"
#include "system/publish.h"
#include "system/thread.h"
#include "build/build_key.h"
#include "build/resolve.h"
#include "build/stored.h"
#include "run/make_lock.h"
#include "run/make_record.h"
#include "run/settings.h"

/* What the thread works with. */
struct delivering {
    struct builder *builder;
    struct outcome *outcome;
    struct resolution resolution; /* the resolver thread's until that is over */
    int resolved;                 /* likewise: what came of it */
    struct err resolver_err;      /* likewise */
    bool *delivered;              /* by the index in the resolution */
    struct {
        struct build **items;
        size_t count, cap;
    } early;                     /* published before the resolution ended */
    const struct build **failed; /* those of the outcome's failures, in their order */
};

/* --------------------------------------------------------------------------------- publication */

int delivery_make_dir(struct outcome *outcome, const char *path, struct err *err)
{
    int ret = make_dirs(path, 0777, err);

    if (ret == 0 && access(path, W_OK | X_OK) < 0)
        ret = err_errno(err, errno, "cannot write to '%s'", path);
    if (ret == 0)
        outcome->wheel_dir = xstrdup(path);
    return ret;
}

static int publish_wheel(const struct delivering *d, const struct wheel_file *wheel,
                         struct err *err)
{
    bool current = false;

    if (d->builder->options->lock_only)
        return 0;
    auto_close int fd = open(wheel->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", wheel->path);
    progress_begin(d->builder->progress, PROGRESS_DELIVERY, wheel, wheel->name, "publication");
    const char *hold_dir = d->builder->options->hold_dir;
    int ret =
        publish_file(hold_dir ? hold_dir : d->outcome->wheel_dir, wheel->name, fd, &current, err);
    d->outcome->unchanged += current;
    progress_end(d->builder->progress, wheel);
    return ret;
}

static int publish_build(const struct delivering *d, const struct build *build, struct err *err)
{
    struct progress *progress = d->builder->progress;
    double seconds = (double)build->result.ms / 1000;
    int ret = publish_wheel(d, &build->result.wheel, err);

    if (ret == 0 && build->result.from_store)
        progress_say(progress, MOOD_GOOD, "%s from the store, built before in %.1f s", build->label,
                     seconds);
    else if (ret == 0)
        progress_say(progress, MOOD_GOOD, "built %s in %.1f s", build->label, seconds);
    return ret;
}

static int publish_index_wheels(struct delivering *d, struct err *err)
{
    for (size_t i = 0; i < d->resolution.count; i++) {
        const struct resolved *item = &d->resolution.items[i];
        if (item->build)
            continue;
        int ret = publish_wheel(d, &item->wheel, err);
        if (ret < 0)
            return ret;
        d->delivered[i] = true;
        progress_say(d->builder->progress, MOOD_PLAIN, "using %s %s from the index", item->project,
                     item->version);
    }
    return 0;
}

/* ---------------------------------------------------------------------------------- the builds */

/* Another wheel than the locked one is a failure, or the caller's to judge. */
static int check_locked(struct delivering *d, const struct build *build, struct err *failure)
{
    int ret = build_check_locked(d->builder, build, failure);

    if (ret == 0 || !d->builder->options->other_bytes)
        return ret;
    if (!d->outcome->others)
        d->outcome->others = json_object();
    (void)json_object_set_new(d->outcome->others, build->source->dir,
                              json_readable(failure->message));
    err_release(failure);
    return 0;
}

static int deliver_build(struct delivering *d, size_t index, struct err *err)
{
    auto_err struct err failure = ERR_INIT;
    struct build *build = d->resolution.items[index].build;
    struct progress *progress = d->builder->progress;
    int ret = plan_wait_build(d->builder->plan, build, &failure);

    if (ret == 0)
        ret = check_locked(d, build, &failure);
    if (ret == 0) {
        ret = publish_build(d, build, err);
        d->delivered[index] = ret == 0;
        return ret;
    }
    if (ret == -ERR_CANCELLED)
        return 0; /* not begun because another one failed, or stopped by a signal */
    progress_say(progress, MOOD_BAD, "failed %s", build->label);
    d->failed[d->outcome->failures.count] = build;
    outcome_add_failure(d->outcome, &failure);
    if (!d->builder->options->keep_going)
        plan_stop(d->builder->plan);
    return 0;
}

/* The builds among the resolved, and for each its place there. */
struct wanted {
    struct build **builds;
    size_t *places;
    int64_t *times_ms; /* of their last builds; 0: unknown */
    bool *seen;
    size_t count;
};

static struct wanted list_wanted(const struct delivering *d)
{
    const struct resolution *resolution = &d->resolution;
    struct wanted w = {
        .builds = xcalloc(resolution->count, sizeof(struct build *)),
        .places = xcalloc(resolution->count, sizeof(size_t)),
        .times_ms = xcalloc(resolution->count, sizeof(int64_t)),
        .seen = xcalloc(resolution->count, sizeof(bool)),
    };

    for (size_t i = 0; i < resolution->count; i++)
        if (resolution->items[i].build) {
            w.builds[w.count] = resolution->items[i].build;
            w.times_ms[w.count] = stored_time_ms(d->builder, resolution->items[i].build);
            w.places[w.count++] = i;
        }
    return w;
}

static void free_wanted(struct wanted *w)
{
    free(w->builds);
    free(w->places);
    free(w->times_ms);
    free(w->seen);
}

/* What those that are not over will take, as long as the last time; -1: no time is known. */
static int64_t expect_ms(const struct delivering *d, const struct wanted *w)
{
    int64_t sum = 0, left = 0, known = 0, slots = d->builder->slots;

    for (size_t i = 0; i < w->count; i++) {
        int64_t ms = w->seen[i] ? 0 : w->times_ms[i];
        sum += ms;
        known += ms > 0;
        left += !w->seen[i];
    }
    return known ? sum * left / known / slots : -1;
}

static void tell_totals(const struct delivering *d, const struct wanted *w)
{
    struct progress_totals totals = {.known = w->count, .left_ms = expect_ms(d, w)};

    for (size_t i = 0; i < w->count; i++) {
        bool delivered = d->delivered[w->places[i]];
        bool stored = delivered && w->builds[i]->result.from_store;
        totals.stored += stored;
        totals.built += delivered && !stored;
        totals.failed += w->seen[i] && !delivered;
    }
    progress_totals(d->builder->progress, &totals);
}

static int deliver_builds(struct delivering *d, struct err *err)
{
    struct wanted w = list_wanted(d);
    struct plan *plan = d->builder->plan;
    int ret = 0;

    plan_want(plan, w.builds, w.count);
    for (size_t i = 0; i < w.count; i++)
        w.seen[i] = d->delivered[w.places[i]];
    tell_totals(d, &w);
    for (size_t i; ret == 0 && (i = plan_wait_any(plan, w.builds, w.count, w.seen)) < w.count;) {
        w.seen[i] = true;
        ret = deliver_build(d, w.places[i], err);
        tell_totals(d, &w);
    }
    free_wanted(&w);
    return ret;
}

/* ------------------------------------------------------------------------------------ the whole */

/* -------------------------------------------------------------------------- during resolution */

/* "." is pip's default. Known as soon as the resolver has said anything else. */
static const char *wheel_dir_to_be(const struct delivering *d)
{
    return d->resolution.wheel_dir ? d->resolution.wheel_dir : ".";
}

/* What was locked is compared first, when all is known. */
static bool may_publish_early(const struct delivering *d)
{
    return !d->builder->options->locked && !d->builder->options->lock_only;
}

static int publish_early(struct delivering *d, struct build *build, struct err *err)
{
    int ret = d->outcome->wheel_dir ? 0 : delivery_make_dir(d->outcome, wheel_dir_to_be(d), err);

    if (ret == 0)
        ret = publish_build(d, build, err);
    if (ret < 0)
        return ret;
    VEC_GROW(&d->early);
    d->early.items[d->early.count++] = build;
    return 0;
}

static bool was_early(const struct delivering *d, const struct build *build)
{
    for (size_t i = 0; i < d->early.count; i++)
        if (d->early.items[i] == build)
            return true;
    return false;
}

static bool was_chosen(const struct delivering *d, const struct build *build)
{
    for (size_t i = 0; i < d->resolution.count; i++)
        if (d->resolution.items[i].build == build)
            return true;
    return false;
}

/* Only where something asks for another file of a pinned project by its URL. */
static void warn_of_replaced(const struct delivering *d)
{
    for (size_t i = 0; i < d->early.count; i++)
        if (!was_chosen(d, d->early.items[i]))
            log_warn("'%s/%s' is not part of the solution: something asks for %s by a URL",
                     d->outcome->wheel_dir, d->early.items[i]->result.wheel.name,
                     d->early.items[i]->project);
}

static int resolve_locked(struct delivering *d, struct err *err)
{
    struct resolve_request request = {
        .what = "locked requirements",
        .keep_going = d->builder->options->keep_going,
    };
    int ret = locked_root_args(&d->builder->locked, &request.args, err);

    if (ret == 0)
        ret = resolve_run(d->builder, &request, &d->resolution, err);
    strv_release(&request.args);
    return ret;
}

static int resolve_root(struct delivering *d, struct err *err)
{
    const struct wheel_options *options = d->builder->options;
    struct resolve_request request = {
        .what = "requirements",
        .from_source = options->from_source,
        .keep_going = options->keep_going,
        .ahead = !options->no_ahead,
    };

    if (builder_is_locked(d->builder))
        return resolve_locked(d, err);
    for (size_t i = 0; i < options->build_constraints.count; i++) {
        strv_push(&request.args, "--build-constraint");
        strv_push(&request.args, options->build_constraints.items[i]);
    }
    if (options->pip_log)
        strv_pushf(&request.args, "--log=%s", options->pip_log);
    strv_extend(&request.args, &options->pip_args);
    int ret = resolve_run(d->builder, &request, &d->resolution, err);
    strv_release(&request.args);
    return ret;
}

static void *resolver_main(void *arg)
{
    struct delivering *d = arg;

    d->resolved = resolve_root(d, &d->resolver_err);
    plan_end_resolution(d->builder->plan);
    return NULL;
}

static int resolve_and_publish(struct delivering *d, struct err *err)
{
    struct plan *plan = d->builder->plan;
    pthread_t resolver;
    int ret = thread_start(&resolver, resolver_main, d, err);

    if (ret < 0)
        return ret;
    for (struct build *build; ret == 0 && (build = plan_wait_certain(plan));)
        if (may_publish_early(d))
            ret = publish_early(d, build, err);
    if (ret < 0)
        plan_stop(plan); /* nobody needs to know the rest */
    (void)pthread_join(resolver, NULL);
    if (ret == 0 && d->resolved < 0)
        err_move(err, &d->resolver_err);
    return ret == 0 ? d->resolved : ret;
}

/* A directory that was asked for and cannot be written to is said before anything is built for it. */
static int resolve_and_make_dir(struct delivering *d, struct err *err)
{
    const char *asked = d->builder->options->wheel_dir;
    int ret = asked ? delivery_make_dir(d->outcome, asked, err) : 0;

    if (ret == 0)
        ret = resolve_and_publish(d, err);
    if (ret == 0 && !d->outcome->wheel_dir && !d->builder->options->lock_only)
        ret = delivery_make_dir(d->outcome, wheel_dir_to_be(d), err);
    return ret;
}

static void record_early(struct delivering *d, struct build *build)
{
    const struct wheel_file *wheel = &build->result.wheel;
    const struct resolved item = {
        .project = build->project, .version = wheel->version, .build = build};

    make_record_add(d->builder, &item, &d->outcome->record);
}

static void fill_outcome(struct delivering *d)
{
    make_record_begin(d->builder, &d->outcome->record);
    for (size_t i = 0; d->delivered && i < d->resolution.count; i++)
        if (d->delivered[i])
            make_record_add(d->builder, &d->resolution.items[i], &d->outcome->record);
    for (size_t i = 0; !d->delivered && i < d->early.count; i++)
        record_early(d, d->early.items[i]);
    for (size_t i = 0; i < d->outcome->failures.count; i++)
        make_record_failure(d->failed[i], &d->outcome->failures.items[i], &d->outcome->record);
    d->outcome->report = json_incref(d->resolution.report);
}

/* --locked: nothing is looked at before all of it is here, and is what was locked. */
static int fetch_locked(struct delivering *d, struct err *err)
{
    struct builder *b = d->builder;
    const struct wheel_options *options = b->options;
    auto_free char *dir = NULL;
    int ret = builder_new_dir(b, "locked", &dir, err);

    if (ret < 0)
        return ret;
    auto_free char *log = xasprintf("%s.log", dir);
    const struct lock_place place = builder_lock_place(b, log);
    const struct locked_kind kind = {.record = options->locked_is_record,
                                     .backwards = options->backwards,
                                     .check = !options->download_dir};
    ret = locked_fetch(&place, options->locked, &options->pip_args, dir, kind, &b->locked, err);
    d->outcome->lost = json_incref((json_t *)locked_lost(&b->locked));
    return ret;
}

static int download_locked(struct delivering *d, struct err *err)
{
    const struct locked *locked = &d->builder->locked;
    const json_t *name;
    size_t i;
    int ret = delivery_make_dir(d->outcome, d->builder->options->download_dir, err);

    json_array_foreach(locked_files(locked), i, name)
    {
        if (ret < 0)
            return ret;
        auto_free char *path = xasprintf("%s/files/%s", locked->dir, json_string_value(name));
        auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
        ret = fd < 0 ? err_errno(err, errno, "cannot open '%s'", path)
                     : publish_file(d->outcome->wheel_dir, json_string_value(name), fd, NULL, err);
    }
    return ret;
}

static int write_lock(struct delivering *d, struct err *err)
{
    const char *file = d->builder->options->lock;
    bool whole = !d->outcome->failures.count && !plan_is_stopped(d->builder->plan);

    return file && whole ? make_lock(d->builder, &d->resolution, file, err) : 0;
}

static int deliver_all(struct delivering *d, struct err *err)
{
    int ret = d->builder->options->locked ? fetch_locked(d, err) : 0;

    if (ret == 0)
        ret = settings_read(d->builder, err);
    if (ret == 0 && d->builder->options->download_dir)
        return download_locked(d, err);
    if (ret == 0)
        ret = resolve_and_make_dir(d, err);
    if (ret < 0) {
        if (d->early.count || d->resolution.failed)
            fill_outcome(d);
        if (d->resolution.failed)
            make_record_failure(d->resolution.failed, err, &d->outcome->record);
        return ret;
    }
    d->delivered = xcalloc(d->resolution.count, sizeof(bool));
    for (size_t i = 0; i < d->resolution.count; i++)
        d->delivered[i] = was_early(d, d->resolution.items[i].build);
    warn_of_replaced(d);
    d->failed = xcalloc(d->resolution.count, sizeof(*d->failed));
    ret = publish_index_wheels(d, err);
    if (ret == 0)
        ret = deliver_builds(d, err);
    if (ret == 0)
        ret = write_lock(d, err);
    fill_outcome(d);
    return ret;
}

static void *thread_main(void *arg)
{
    struct delivery *d = arg;
    struct delivering work = {
        .builder = d->builder, .outcome = d->outcome, .resolver_err = ERR_INIT};

    d->result = deliver_all(&work, &d->err);
    free(work.delivered);
    free(work.early.items);
    err_release(&work.resolver_err);
    free(work.failed);
    resolution_release(&work.resolution);
    cancel_request(&d->finished, 0);
    return NULL;
}

int delivery_start(struct delivery *d, struct builder *builder, struct outcome *outcome,
                   struct err *err)
{
    *d = (struct delivery){.builder = builder, .outcome = outcome, .err = ERR_INIT};
    int ret = cancel_init(&d->finished, err);

    if (ret < 0)
        return ret;
    ret = thread_start(&d->thread, thread_main, d, err);
    if (ret < 0)
        cancel_release(&d->finished);
    return ret;
}

int delivery_finish(struct delivery *d, struct err *err)
{
    (void)pthread_join(d->thread, NULL);
    cancel_release(&d->finished);
    if (d->result < 0)
        err_move(err, &d->err);
    return d->result;
}
