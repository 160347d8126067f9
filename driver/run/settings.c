/* Finds the settings file and has it read. */
#include "run/settings.h"

#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "inputs/settings_place.h"
#include "jobs/plain_job.h"

/* *ret_done: the job's answer (docs/engine-protocol.md), which is the caller's. */
static int read_in_job(struct builder *builder, const struct settings_place *place,
                       json_t **ret_done, struct err *err)
{
    auto_free char *log = builder_new_name(builder, "settings.log");
    const struct plain_job job = {
        .engine = &builder->engine,
        .cancel = &builder->cancel,
        .progress = builder->progress,
        .log = log,
        .what = "settings",
    };
    json_t *request =
        json_pack("{s:s, s:o, s:o, s:b}", "op", "settings", "file", json_bytes(place->path),
                  "shown", json_bytes(place->shown), "found", place->found);

    return plain_job_run(&job, request, ret_done, err);
}

/* `directories`: whose listings have a say; NULL: of none. */
static void note_basis(struct builder *builder, const struct settings_place *place,
                       json_t *directories)
{
    json_t *none = json_array();
    json_t *basis = json_pack("{s:o, s:O}", "files", json_from_strings(&place->looked_at),
                              "directories", directories ? directories : none);

    bases_add(&builder->bases, basis, false);
    json_decref(basis);
    json_decref(none);
}

int settings_read(struct builder *builder, struct err *err)
{
    struct settings_place place = {0};
    json_t *done = NULL;
    int ret = settings_place_find(builder->options, &place, err);

    if (ret == 0 && place.path)
        ret = read_in_job(builder, &place, &done, err);
    if (ret == 0 && place.path)
        log_info("settings of packages are read from %s", place.shown);
    if (json_is_object(json_object_get(done, "settings")))
        builder->settings = json_incref(json_object_get(done, "settings"));
    if (ret == 0)
        note_basis(builder, &place, json_object_get(done, "directories"));
    json_decref(done);
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
