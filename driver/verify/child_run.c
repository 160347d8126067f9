/* A run in a child process with circumstances of its own. */
#include "verify/child_run.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "base/path.h"
#include "base/str.h"
#include "system/sig.h"

enum { MAX_RESULT = 256 << 20 };

void child_result_release(struct child_result *result)
{
    run_record_release(&result->record);
    json_decref(result->lost);
    json_decref(result->others);
    json_decref(result->changed);
    json_decref(result->kept);
    *result = (struct child_result){0};
}

static char *result_path(const struct child_run *spec)
{
    return path_join(spec->dir, "result.json");
}

/* ----------------------------------------------------------------------------------- in the child */

static json_t *error_to_json(const struct err *err)
{
    return json_pack("{s:i, s:o, s:o, s:o}", "code", err->code, "message",
                     json_readable(err->message ? err->message : ""), "detail",
                     json_readable(err->detail ? err->detail : ""), "hint",
                     json_readable(err->hint ? err->hint : ""));
}

static json_t *or_null(json_t *value)
{
    return value ? json_incref(value) : json_null();
}

static int write_result(const struct child_run *spec, const struct changed_world *world,
                        const struct outcome *outcome, const struct err *err)
{
    auto_free char *path = result_path(spec);
    json_t *json = json_pack(
        "{s:o, s:o, s:o, s:O, s:O, s:i, s:o}", "record",
        outcome->record.format ? run_record_to_json(&outcome->record) : json_null(), "lost",
        or_null(outcome->lost), "others", or_null(outcome->others), "changed", world->changed,
        "kept", world->kept, "signal", outcome->signal, "error", error_to_json(err));
    auto_free char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    int ret = text ? write_file(path, text, strlen(text), 0600, NULL) : -ENOMEM;

    json_decref(json);
    return ret;
}

static int run_changed(const struct child_run *spec)
{
    struct wheel_options options = *spec->options;
    struct changed_world world = {
        .dir = spec->dir, .options = &options, .changed = json_array(), .kept = json_object()};
    auto_outcome struct outcome outcome = {0};
    auto_err struct err err = ERR_INIT;

    if (!spec->axes || axes_apply(spec->axes, &world, &err) == 0)
        (void)spec->run(&options, spec->arg, &outcome, &err); /* err goes into the result */
    int ret = write_result(spec, &world, &outcome, &err);
    json_decref(world.changed);
    json_decref(world.kept);
    return ret;
}

static void child_main(const struct child_run *spec, pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* its run then ends as when it is asked to */
    if (getppid() != parent)
        _exit(1);
    (void)sig_restore_mask(NULL);
    int ret = run_changed(spec);
    (void)fflush(NULL);
    _exit(ret < 0);
}

/* ---------------------------------------------------------------------------------- in the parent */

/* Until the child has ended. A signal that would end us is passed on; the first one counts. */
static int wait_for(pid_t pid, int signals, int *ret_signal)
{
    struct pollfd poll_fd = {.fd = signals, .events = POLLIN};
    int status = 0;

    while (retry_eintr(waitpid(pid, &status, WNOHANG)) == 0) {
        (void)poll(&poll_fd, 1, -1);
        for (int number; (number = sig_read(signals)) > 0;) {
            if (number == SIGCHLD)
                continue;
            *ret_signal = *ret_signal ? *ret_signal : number;
            (void)kill(pid, number);
        }
    }
    return status;
}

static int read_error(const json_t *json, struct err *err)
{
    int code = (int)json_integer_value(json_object_get(json, "code"));

    if (code == 0)
        return 0;
    (void)err_set(err, code, "%s", json_text(json, "message"));
    if (json_text(json, "detail")[0])
        err_detail(err, json_text(json, "detail"));
    if (json_text(json, "hint")[0])
        err_hint(err, "%s", json_text(json, "hint"));
    return err->code;
}

static json_t *take(const json_t *json, const char *name)
{
    json_t *value = json_object_get(json, name);

    return json_is_null(value) ? NULL : json_incref(value);
}

static int parse_result(const json_t *json, struct child_result *result, struct err *err)
{
    const json_t *record = json_object_get(json, "record");

    result->lost = take(json, "lost");
    result->others = take(json, "others");
    result->changed = take(json, "changed");
    result->kept = take(json, "kept");
    if (!result->signal)
        result->signal = (int)json_integer_value(json_object_get(json, "signal"));
    int ret = read_error(json_object_get(json, "error"), err);
    if (ret == 0 && json_is_object(record))
        ret = run_record_from_json(record, &result->record, err);
    return ret;
}

static int read_result(const struct child_run *spec, struct child_result *result, struct err *err)
{
    auto_free char *path = result_path(spec);
    auto_str struct str text = STR_INIT;
    int ret = read_file(path, MAX_RESULT, &text, err);
    json_t *json = ret == 0 ? json_loadb(text.buf, text.len, 0, NULL) : NULL;

    if (!json) {
        err_release(err);
        return err_set(err, ERR_PROTOCOL, "the process that builds once more has died");
    }
    ret = parse_result(json, result, err);
    json_decref(json);
    return ret;
}

static int start(const struct child_run *spec, struct child_result *result, struct err *err)
{
    static const int watched[] = {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT, 0};
    pid_t parent = getpid();
    int signals;
    int ret = sig_open_fd(watched, &signals, err);

    if (ret < 0)
        return ret;
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        child_main(spec, parent);
    if (pid < 0)
        ret = err_errno(err, errno, "cannot fork");
    else
        (void)wait_for(pid, signals, &result->signal);
    close_fd(&signals);
    return ret;
}

int child_run(const struct child_run *spec, struct child_result *ret_result, struct err *err)
{
    int ret = sig_block_all(err);

    if (ret < 0)
        return ret;
    ret = start(spec, ret_result, err);
    if (ret == 0)
        ret = read_result(spec, ret_result, err);
    if (!ret_result->signal)
        (void)sig_restore_mask(NULL);
    return ret;
}
