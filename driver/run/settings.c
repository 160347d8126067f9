/* Finds the settings file and has it read. */
#include "run/settings.h"

#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "inputs/settings_place.h"
#include "jobs/job.h"

struct reading {
    struct builder *builder;
    json_t *directories; /* whose listings have a say */
    bool done;
};

static int on_frame(void *arg, struct job *job UNUSED, struct frame *frame, bool trusted UNUSED,
                    struct err *err)
{
    struct reading *r = arg;
    const char *type = json_text(frame->msg, "t");
    json_t *settings = json_object_get(frame->msg, "settings");

    if (str_eq(type, "error"))
        return err_set(err, str_eq(json_text(frame->msg, "kind"), "usage") ? ERR_USAGE : ERR_BUILD,
                       "%s", json_text(frame->msg, "message"));
    if (!str_eq(type, "done"))
        return 0;
    r->done = true;
    r->directories = json_incref(json_object_get(frame->msg, "directories"));
    if (json_is_object(settings))
        r->builder->settings = json_incref(settings);
    return 0;
}

static int run(struct reading *r, const struct settings_place *place, struct job_log *log,
               struct err *err)
{
    json_t *request =
        json_pack("{s:s, s:o, s:o, s:b}", "op", "settings", "file", json_bytes(place->path),
                  "shown", json_bytes(place->shown), "found", place->found);
    struct job_spec spec = {
        .engine = &r->builder->engine,
        .request = request,
        .log = log,
        .cancel = &r->builder->cancel,
        .on_frame = on_frame,
        .arg = r,
    };

    progress_begin(r->builder->progress, PROGRESS_RESOLVER, r, "settings", "reading");
    int ret = job_run(&spec, err);
    progress_end(r->builder->progress, r);
    json_decref(request);
    if (ret < 0 || r->done)
        return ret;
    auto_free char *lines = job_log_last_lines(log, 20);
    ret = err_set(err, ERR_PROTOCOL, "reading the settings '%s' failed", place->shown);
    err_detail(err, lines);
    return ret;
}

static int read_in_job(struct reading *r, const struct settings_place *place, struct err *err)
{
    auto_free char *path = builder_new_name(r->builder, "settings.log");
    struct job_log log = JOB_LOG_INIT;
    int ret = job_log_open(&log, path, err);

    if (ret == 0)
        ret = run(r, place, &log, err);
    job_log_release(&log);
    return ret;
}

static void note_basis(struct reading *r, const struct settings_place *place)
{
    json_t *none = json_array();
    json_t *basis = json_pack("{s:o, s:O}", "files", json_from_strings(&place->looked_at),
                              "directories", r->directories ? r->directories : none);

    bases_add(&r->builder->bases, basis, false);
    json_decref(basis);
    json_decref(none);
}

int settings_read(struct builder *builder, struct err *err)
{
    struct settings_place place = {0};
    struct reading r = {.builder = builder};
    int ret = settings_place_find(builder->options, &place, err);

    if (ret == 0 && place.path)
        ret = read_in_job(&r, &place, err);
    if (ret == 0 && place.path)
        log_info("settings of packages are read from %s", place.shown);
    if (ret == 0)
        note_basis(&r, &place);
    json_decref(r.directories);
    settings_place_release(&place);
    return ret;
}

/* ------------------------------------------------------------------------------- without effect */

/* What says only whether a wheel is taken needs no build to have had its effect. */
static bool says_how_to_build(const json_t *entry)
{
    const char *key;
    const json_t *value;

    json_object_foreach((json_t *)entry, key, value)
    {
        if (!str_eq(key, "name") && !str_eq(key, "version") && !str_eq(key, "use"))
            return true;
    }
    return false;
}

void settings_warn_of_unused(const struct builder *builder)
{
    enum { SHOWN = 3 };
    auto_str struct str names = STR_INIT;
    size_t i, unused = 0;
    const json_t *entry;

    json_array_foreach(json_object_get(builder->settings, "entries"), i, entry)
    {
        const char *name = json_text(entry, "name");
        if (name[0] && says_how_to_build(entry) && !plan_has_project(builder->plan, name) &&
            ++unused <= SHOWN)
            str_addf(&names, "%s%s", names.len ? ", " : "", name);
    }
    if (unused > SHOWN)
        str_addf(&names, " and %zu more", unused - SHOWN);
    if (unused)
        log_warn("settings of %s: nothing of that name was built (see truewheel settings check)",
                 names.buf);
}
