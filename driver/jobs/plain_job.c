/* An engine job that answers with one frame. */
#include "jobs/plain_job.h"

#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "jobs/job.h"
#include "jobs/kinds.h"

struct plain_state {
    const struct plain_job *job;
    json_t *done;
};

static int on_frame(void *arg, struct job *job UNUSED, struct frame *frame, bool trusted UNUSED,
                    struct err *err)
{
    struct plain_state *state = arg;
    const char *type = json_text(frame->msg, "t");
    const char *kind = json_text(frame->msg, "kind");

    if (str_eq(type, "phase"))
        progress_phase(state->job->progress, state, json_text(frame->msg, "text"));
    else if (str_eq(type, "warning"))
        log_warn("%s", json_text(frame->msg, "text"));
    else if (str_eq(type, "error"))
        return err_set(err, kind_to_code(kind), "%s", json_text(frame->msg, "message"));
    else if (str_eq(type, "done"))
        state->done = json_incref(frame->msg);
    return 0;
}

static int finish(const struct plain_state *state, const struct job_log *log, struct err *err)
{
    if (state->done)
        return 0;
    auto_free char *lines = job_log_last_lines(log, 20);
    int ret = err_set(err, ERR_PROTOCOL, "the engine's job died (%s)", state->job->what);
    err_detail(err, lines);
    return ret;
}

int plain_job_run(const struct plain_job *job, json_t *request, json_t **ret_done, struct err *err)
{
    struct plain_state state = {.job = job};
    struct job_log log = JOB_LOG_INIT;
    struct job_spec spec = {
        .engine = job->engine,
        .request = request,
        .log = &log,
        .cancel = job->cancel,
        .on_frame = on_frame,
        .arg = &state,
    };
    int ret = job_log_open(&log, job->log, err);

    if (ret == 0) {
        progress_begin(job->progress, PROGRESS_RESOLVER, &state, job->what, "reading");
        ret = job_run(&spec, err);
        progress_end(job->progress, &state);
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
