/* Has an engine tell what the settings file would apply to. */
#include "run/settings_check.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "inputs/settings_place.h"
#include "jobs/environment.h"
#include "jobs/job.h"

static int on_frame(void *arg, struct job *job UNUSED, struct frame *frame, bool trusted UNUSED,
                    struct err *err)
{
    json_t **found = arg;
    const char *type = json_text(frame->msg, "t");

    if (str_eq(type, "error"))
        return err_set(err, ERR_USAGE, "%s", json_text(frame->msg, "message"));
    if (str_eq(type, "done") && !*found)
        *found = json_incref(frame->msg);
    return 0;
}

static int ask(struct engine *engine, json_t *request, json_t **ret_found, struct err *err)
{
    struct cancel cancel = {.fd = -1};
    struct job_spec spec = {
        .engine = engine,
        .request = request,
        .cancel = &cancel,
        .on_frame = on_frame,
        .arg = ret_found,
    };
    int ret = cancel_init(&cancel, err);

    if (ret == 0)
        ret = job_run(&spec, err);
    if (ret == 0 && !*ret_found)
        ret = err_set(err, ERR_PROTOCOL, "the engine did not say what the settings apply to");
    cancel_release(&cancel);
    return ret;
}

static int ask_engine(const struct wheel_options *options, json_t *request, json_t **ret_found,
                      struct err *err)
{
    struct environment environment = ENVIRONMENT_INIT;
    struct engine engine = ENGINE_INIT;
    int ret = environment_find(options->python, true, &environment, err);

    if (ret == 0)
        ret = engine_start(&engine, environment.python, options->pip, err);
    if (ret == 0)
        ret = engine_wait_ready(&engine, -1, err);
    if (ret == 0)
        ret = ask(&engine, request, ret_found, err);
    engine_stop(&engine);
    engine_release(&engine);
    environment_release(&environment);
    return ret;
}

static json_t *make_request(const struct wheel_options *options, const struct settings_place *place,
                            const struct strv *records)
{
    auto_free char *cwd = getcwd(NULL, 0);

    return json_pack("{s:s, s:o, s:o, s:b, s:o, s:o, s:o}", "op", "settings-check", "file",
                     json_bytes(place->path), "shown", json_bytes(place->shown), "found",
                     place->found, "args", json_from_strings(&options->pip_args), "records",
                     json_from_strings(records), "cwd", json_bytes(cwd ? cwd : "/"));
}

static int find(const struct wheel_options *options, struct settings_place *place, struct err *err)
{
    int ret = settings_place_find(options, place, err);

    if (ret < 0 || place->path)
        return ret;
    ret = err_set(err, ERR_USAGE, "there is no settings file '%s'", place->looked_at.items[0]);
    err_hint(err, "docs/settings.md says what stands in it; --settings names another one");
    return ret;
}

int settings_check(const struct wheel_options *options, const struct strv *records,
                   json_t **ret_found, struct err *err)
{
    struct settings_place place = {0};
    json_t *request = NULL;
    int ret = find(options, &place, err);

    *ret_found = NULL;
    if (ret == 0) {
        request = make_request(options, &place, records);
        ret = ask_engine(options, request, ret_found, err);
    }
    if (ret == 0)
        (void)json_object_set_new(*ret_found, "shown", json_readable(place.shown));
    else
        json_decref(*ret_found);
    json_decref(request);
    settings_place_release(&place);
    return ret;
}
