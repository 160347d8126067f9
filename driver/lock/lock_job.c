/* One engine job about lock files. */
#include "lock/lock_job.h"

#include <string.h>

#include "config.h"
#include "base/json.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "jobs/job.h"
#include "jobs/kinds.h"

struct lock_state {
    const struct lock_place *place;
    json_t *done;
};

json_t *lock_facts(const struct lock_place *place)
{
    const struct engine *engine = place->engine;

    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "python", engine_fact(engine, "python"), "tag",
                     engine_fact(engine, "tag"), "pip", engine_fact(engine, "pip"), "compiler",
                     place->compiler, "truewheel", TRUEWHEEL_VERSION);
}

int lock_check_name(const char *path, struct err *err)
{
    static const char first[] = "pylock.", last[] = ".toml";
    const char *name = path_base(path);
    size_t len = strlen(name), around = strlen(first) + strlen(last);

    if (str_eq(name, "pylock.toml"))
        return 0;
    if (str_starts(name, first) && str_ends(name, last) && len > around &&
        !memchr(name + strlen(first), '.', len - around))
        return 0;
    return err_set(err, ERR_USAGE,
                   "a lock file is called pylock.toml or pylock.NAME.toml, not '%s' (PEP 751)",
                   name);
}

static int on_frame(void *arg, struct job *job UNUSED, struct frame *frame, bool trusted UNUSED,
                    struct err *err)
{
    struct lock_state *state = arg;
    const char *type = json_text(frame->msg, "t");
    const char *kind = json_text(frame->msg, "kind");

    if (str_eq(type, "phase"))
        progress_phase(state->place->progress, state, json_text(frame->msg, "text"));
    else if (str_eq(type, "warning"))
        log_warn("%s", json_text(frame->msg, "text"));
    else if (str_eq(type, "error"))
        return err_set(err, kind_to_code(kind), "%s", json_text(frame->msg, "message"));
    else if (str_eq(type, "done"))
        state->done = json_incref(frame->msg);
    return 0;
}

static int finish(const struct lock_state *state, const struct job_log *log, struct err *err)
{
    if (state->done)
        return 0;
    auto_free char *lines = job_log_last_lines(log, 20);
    int ret = err_set(err, ERR_PROTOCOL, "the lock file's job died");
    err_detail(err, lines);
    return ret;
}

int lock_job_run(const struct lock_place *place, json_t *request, json_t **ret_done,
                 struct err *err)
{
    struct lock_state state = {.place = place};
    struct job_log log = JOB_LOG_INIT;
    struct job_spec spec = {
        .engine = place->engine,
        .request = request,
        .log = &log,
        .cancel = place->cancel,
        .on_frame = on_frame,
        .arg = &state,
    };
    int ret = job_log_open(&log, place->log, err);

    if (ret == 0) {
        progress_begin(place->progress, PROGRESS_RESOLVER, &state, "lock file", "reading");
        ret = job_run(&spec, err);
        progress_end(place->progress, &state);
    }
    if (ret == 0)
        ret = finish(&state, &log, err);
    if (ret == 0)
        *ret_done = state.done;
    else
        json_decref(state.done);
    job_log_release(&log);
    json_decref(request);
    return ret;
}
