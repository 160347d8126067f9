/* Notes when each job and each of its phases began and ended, and writes that as a timeline. */
#include "jobs/trace.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/vec.h"

enum { PROCESS = 1, ROWS_PER_KIND = 10000 };

/* A job, or a phase of one. */
struct event {
    char *name;
    const char *category; /* static */
    int row;
    int64_t begin_us, end_us;
    bool cut; /* the run ended first */
};

struct running {
    const void *id;
    enum progress_kind kind;
    int lane;
    char *what;
    char *phase;
    int64_t begin_us, phase_us;
};

/* Guarded by the progress, which calls one watcher at a time. */
struct trace {
    int64_t start_us;
    struct event *items;
    size_t count, cap;
    struct running *running;
    size_t running_count, running_cap;
    int lanes[PROGRESS_KIND_COUNT]; /* the most at once */
};

static const struct {
    const char *row, *category;
} kinds[PROGRESS_KIND_COUNT] = {
    [PROGRESS_BUILD] = {"slot", "build"},
    [PROGRESS_RESOLVER] = {"resolver", "resolver"},
    [PROGRESS_ENVIRONMENT] = {"environment", "environment"},
    [PROGRESS_RUN] = {"run", "run"},
    [PROGRESS_ENGINE] = {"engine", "engine"},
    [PROGRESS_STORE] = {"store", "store"},
    [PROGRESS_DELIVERY] = {"delivery", "delivery"},
};

struct trace *trace_new(void)
{
    struct trace *t = xcalloc(1, sizeof(*t));

    t->start_us = clock_us();
    return t;
}

void trace_free(struct trace *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->count; i++)
        free(t->items[i].name);
    for (size_t i = 0; i < t->running_count; i++) {
        free(t->running[i].what);
        free(t->running[i].phase);
    }
    free(t->items);
    free(t->running);
    free(t);
}

/* --------------------------------------------------------------------------------------- jobs */

static bool is_lane_taken(const struct trace *t, enum progress_kind kind, int lane)
{
    for (size_t i = 0; i < t->running_count; i++)
        if (t->running[i].kind == kind && t->running[i].lane == lane)
            return true;
    return false;
}

static int take_lane(struct trace *t, enum progress_kind kind)
{
    int lane = 0;

    while (is_lane_taken(t, kind, lane))
        lane++;
    if (lane >= t->lanes[kind])
        t->lanes[kind] = lane + 1;
    return lane;
}

static int row_of(enum progress_kind kind, int lane)
{
    return (int)kind * ROWS_PER_KIND + lane + 1;
}

static struct running *find(struct trace *t, const void *id)
{
    for (size_t i = 0; i < t->running_count; i++)
        if (t->running[i].id == id)
            return &t->running[i];
    return NULL;
}

/* Takes the name. */
static void add_event(struct trace *t, const struct running *job, char *name, const char *category,
                      int64_t begin_us, int64_t end_us, bool cut)
{
    VEC_GROW(t);
    struct event *event = &t->items[t->count++];
    *event = (struct event){
        .category = category,
        .row = row_of(job->kind, job->lane),
        .begin_us = begin_us - t->start_us,
        .end_us = end_us - t->start_us,
        .cut = cut,
    };
    event->name = name;
}

static void end_phase(struct trace *t, struct running *job, int64_t now_us, bool cut)
{
    add_event(t, job, steal(&job->phase), "phase", job->phase_us, now_us, cut);
    job->phase_us = now_us;
}

static void end_job(struct trace *t, struct running *job, int64_t now_us, bool cut)
{
    end_phase(t, job, now_us, cut);
    add_event(t, job, steal(&job->what), kinds[job->kind].category, job->begin_us, now_us, cut);
    *job = t->running[--t->running_count];
}

/* ------------------------------------------------------------------------------------- events */

static void on_begin(void *arg, enum progress_kind kind, const void *id, const char *what,
                     const char *phase)
{
    struct trace *t = arg;
    int64_t now_us = clock_us();
    int lane = take_lane(t, kind);

    vec_grow((void **)&t->running, t->running_count, &t->running_cap, sizeof(*t->running));
    t->running[t->running_count++] = (struct running){
        .id = id,
        .kind = kind,
        .lane = lane,
        .what = xstrdup(what),
        .phase = xstrdup(phase),
        .begin_us = now_us,
        .phase_us = now_us,
    };
}

static void on_phase(void *arg, const void *id, const char *phase)
{
    struct trace *t = arg;
    struct running *job = find(t, id);

    if (!job)
        return;
    end_phase(t, job, clock_us(), false);
    job->phase = xstrdup(phase);
}

static void on_end(void *arg, const void *id)
{
    struct trace *t = arg;
    struct running *job = find(t, id);

    if (job)
        end_job(t, job, clock_us(), false);
}

static const struct progress_watcher watcher = {
    .begin = on_begin, .phase = on_phase, .end = on_end};

void trace_watch(struct trace *t, struct progress *progress)
{
    progress_watch(progress, &watcher, t);
}

/* --------------------------------------------------------------------------------------- JSON */

static json_t *text_to_json(const char *text)
{
    json_t *json = json_string(text);

    return json ? json : json_string("(not UTF-8)");
}

static json_t *event_to_json(const struct event *e)
{
    json_t *json =
        json_pack("{s:s, s:o, s:s, s:i, s:i, s:I, s:I}", "ph", "X", "name", text_to_json(e->name),
                  "cat", e->category, "pid", PROCESS, "tid", e->row, "ts", (json_int_t)e->begin_us,
                  "dur", (json_int_t)(e->end_us - e->begin_us));

    if (e->cut)
        (void)json_object_set_new(json, "args", json_pack("{s:b}", "cut", true));
    return json;
}

static void add_row(json_t *events, enum progress_kind kind, int lane)
{
    auto_free char *name = xasprintf("%s %d", kinds[kind].row, lane + 1);
    int row = row_of(kind, lane);

    (void)json_array_append_new(events, json_pack("{s:s, s:s, s:i, s:i, s:{s:s}}", "ph", "M",
                                                  "name", "thread_name", "pid", PROCESS, "tid", row,
                                                  "args", "name", name));
    (void)json_array_append_new(events, json_pack("{s:s, s:s, s:i, s:i, s:{s:i}}", "ph", "M",
                                                  "name", "thread_sort_index", "pid", PROCESS,
                                                  "tid", row, "args", "sort_index", row));
}

static void add_rows(const struct trace *t, json_t *events)
{
    (void)json_array_append_new(events, json_pack("{s:s, s:s, s:i, s:i, s:{s:s}}", "ph", "M",
                                                  "name", "process_name", "pid", PROCESS, "tid", 0,
                                                  "args", "name", "truewheel"));
    for (int kind = 0; kind < PROGRESS_KIND_COUNT; kind++)
        for (int lane = 0; lane < t->lanes[kind]; lane++)
            add_row(events, (enum progress_kind)kind, lane);
}

json_t *trace_to_json(struct trace *t)
{
    json_t *events = json_array();
    int64_t now_us = clock_us();

    while (t->running_count)
        end_job(t, &t->running[t->running_count - 1], now_us, true);
    add_rows(t, events);
    for (size_t i = 0; i < t->count; i++)
        (void)json_array_append_new(events, event_to_json(&t->items[i]));
    return json_pack("{s:o, s:s}", "traceEvents", events, "displayTimeUnit", "ms");
}
