/* Why an attempt failed: its cause, what the user can do, its log. */
#include "build/attempt.h"

#include "base/io.h"
#include "base/log.h"
#include "inputs/mend.h"
#include "causes/tell.h"
#include "build/dropped.h"
#include "build/hint_around.h"
#include "build/logs.h"
#include "build/unseen.h"

/* A failure's log outlives the run directory. NULL: it does not, which has been said. */
static char *keep_log(const struct attempt *a)
{
    auto_err struct err why = ERR_INIT;
    char *kept = NULL;

    if (a->log.path && logs_keep(a->builder, a->log.path, a->build->source->dir, &kept, &why) < 0)
        log_warn("the log of %s is not kept (--log-dir names a place): %s", a->build->label,
                 why.message);
    return kept;
}

/* All that was kept of it, before it is closed: the beginning, and what is held back of the end. */
static void read_log(const struct attempt *a, struct str *ret_text)
{
    enum { MOST = JOB_LOG_HEAD_BYTES + 4096 };
    const struct job_log *log = &a->log;
    bool read = log->path && !log->write_error && read_file(log->path, MOST, ret_text, NULL) == 0;

    if (!read)
        str_reset(ret_text);
    if (!read || log->dropped)
        str_append(ret_text, log->tail.buf, log->tail.len);
}

/* Whether it was the project's own code, or what it called, that ended the attempt. */
static bool failed_inside(const struct attempt *a, const struct err *err)
{
    return err->code == -ERR_BUILD && (a->error || a->signal || a->status);
}

static void add_cause(const struct attempt *a, const struct str *log, struct cause_found *ret_found,
                      struct err *err)
{
    const struct source *source = a->build->source;
    const struct cause_world world = {
        .offline = a->spec.mode == SANDBOX_NAMESPACES && !a->spec.network,
        .project = a->build->project,
        .version = source->version,
        .url = source->url,
    };

    cause_find(log, err->message, &world, ret_found);
    if (!ret_found->cause)
        return;
    auto_free char *headline = cause_headline(ret_found, &world);
    auto_free char *remedy = cause_remedy(ret_found, &world);
    auto_free char *setting = cause_setting(ret_found, &world);
    err_headline(err, "%s: %s", a->build->label, headline);
    if (!err->cause)
        err_cause(err, ret_found->id);
    if (!err->hint && remedy) {
        err_hint(err, "%s", remedy);
        if (setting)
            mend_by_line(err, a->build->project, setting);
    }
    if (ret_found->cause->code)
        err->code = -ret_found->cause->code;
}

/* Twice as much. */
static void propose_time(const struct attempt *a, struct err *err)
{
    int64_t twice = attempt_time_limit(a) / 500 + 1;
    auto_free char *seconds = xasprintf("%lld", (long long)twice);

    mend_by_setting(err, a->build->project, "timeout", seconds);
}

/* What was said of it by whoever ended it. */
static void add_limit(const struct attempt *a, struct err *err)
{
    if (err->code == -ERR_TIMEOUT) {
        err_cause(err, "time");
        err_headline(err, "%s: %s", a->build->label, err->message);
        if (!err->hint)
            err_hint(err, "--build-timeout SECONDS gives builds more time");
        propose_time(a, err);
    } else if (err->code == -ERR_RESOURCE) {
        err_cause(err, "memory");
    }
}

static void add_hidden(const struct attempt *a, struct err *err)
{
    build_hint_around(&a->log.tail, a->build->source, err);
    if (err->hint)
        err_cause(err, "outside-project");
    if (!err->hint && a->spec.mode == SANDBOX_NAMESPACES)
        unseen_hint(&a->log.tail, &a->spec.binds, a->build->project, err);
    if (err->hint && !err->cause)
        err_cause(err, "hidden-path");
}

static void add_dropped(const struct attempt *a, struct err *err)
{
    auto_free char *before = err->hint ? xstrdup(err->hint) : NULL;
    auto_strv struct strv variables = STRV_INIT;

    attempt_env(a, &variables);
    dropped_hint(&a->log.tail, a->build, &variables, err);
    if (err->hint && !before && !err->cause)
        err_cause(err, "variable");
}

void attempt_explain(struct attempt *a, struct err *err)
{
    auto_cause struct cause_found found = CAUSE_FOUND_INIT;
    auto_str struct str log = STR_INIT;

    if (err->code == -ERR_CANCELLED)
        return;
    auto_free char *lines = job_log_last_lines(&a->log, 30);
    bool inside = failed_inside(a, err);
    read_log(a, &log);
    job_log_note(&a->log, "truewheel: %s", err->message);
    job_log_close(&a->log);
    if (!err->hint)
        add_hidden(a, err);
    if (inside)
        add_cause(a, &log, &found, err);
    else
        add_limit(a, err);
    add_dropped(a, err);
    auto_free char *excerpt = found.at == SIZE_MAX ? NULL : cause_excerpt(&log, found.at);
    if (excerpt || lines[0])
        err_detail(err, excerpt ? excerpt : lines);
    a->result.log_path = keep_log(a);
}
