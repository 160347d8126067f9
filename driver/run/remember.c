/* From a run that is over to what is remembered of it. */
#include "run/remember.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "inputs/listing.h"
#include "store/runs.h"
#include "run/engine_state.h"
#include "run/look_around.h"
#include "run/remembered.h"
#include "run/run_key.h"

/* ------------------------------------------------------------------------------------ whether at all */

static const char *why_not_options(const struct builder *b)
{
    if (!store_is_open(&b->store) || !b->store.writable)
        return "there is no store that can be written to";
    if (b->options->locked || b->options->lock_only)
        return "a lock file was read, or wheels were not delivered";
    if (b->mode == SANDBOX_MAPPED)
        return "its builds were not at their stable paths";
    if (b->machine.incomplete)
        return "not all of the machine could be looked at";
    if (b->options->allow_network.count || b->options->allow_url.count)
        return "a build was allowed more than its inputs";
    return NULL;
}

static const char *why_not_builds(const struct plan *plan)
{
    for (size_t i = 0; i < plan->build_count; i++) {
        const struct build *build = plan->builds[i];
        if (!build->source->archive)
            return "a tree was built, whose content is looked at each time";
        if (build->source->settings.network || build->source->settings.binds.count)
            return "the settings of a package allowed its build more than its inputs";
        if (build->source->crates)
            return "a build took crates, whose toolchain is looked at each time";
        if (!build->source->isolated)
            return "builds used what the interpreter has installed";
    }
    return NULL;
}

/* Of what is in no store nothing can be delivered. */
static bool is_stored(const struct builder *b, const struct record_item *item)
{
    auto_free char *entry = item->build ? store_entry_name(STORE_WHEELS, item->build->key) : NULL;
    auto_free char *path = entry ? xasprintf("%s/%s/%s", b->store.path, entry, item->file) : NULL;

    return !path || access(path, R_OK) == 0;
}

static const char *why_not(struct builder *b, const struct outcome *outcome)
{
    const char *why = why_not_options(b);

    if (!why && b->bases.why_not)
        why = b->bases.why_not;
    if (!why)
        why = why_not_builds(b->plan);
    for (size_t i = 0; !why && i < outcome->record.wheels.count; i++)
        if (!is_stored(b, &outcome->record.wheels.items[i]))
            why = "not every wheel is in the store";
    return why;
}

/* --------------------------------------------------------------------------------------- its parts */

static json_t *state_of_files(struct builder *b, int64_t *newest_ns)
{
    json_t *files = json_object();

    for (size_t i = 0; i < b->bases.files.count; i++) {
        const char *path = b->bases.files.items[i];
        (void)json_object_set_new(files, path, remembered_file(&b->digests, path, newest_ns));
    }
    return files;
}

static json_t *state_of_directories(const struct builder *b, int64_t *newest_ns)
{
    json_t *directories = json_object();
    char hex[SHA256_HEX];

    for (size_t i = 0; i < b->bases.directories.count; i++) {
        const char *path = b->bases.directories.items[i];
        int64_t changed_ns = 0;
        if (listing_stamp(path, hex, &changed_ns, NULL) == 0)
            (void)json_object_set_new(directories, path, json_string(hex));
        if (changed_ns > *newest_ns)
            *newest_ns = changed_ns;
    }
    return directories;
}

static json_t *facts_to_json(const struct interpreter_facts *facts, json_t *state)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "version", facts->version,
                     "tag", facts->tag, "executable", facts->executable, "prefix", facts->prefix,
                     "config", facts->config, "shim", facts->shim, "guest", facts->guest, "pip",
                     facts->pip, "state", state);
}

/* The requirements, as far as they stand on the command line. The caller frees. */
static char *asked(const struct wheel_options *options)
{
    auto_str struct str text = STR_INIT;

    for (size_t i = 0; i < options->pip_args.count && text.len < 200; i++)
        str_addf(&text, "%s%s", i ? " " : "", options->pip_args.items[i]);
    return xstrdup(text.buf);
}

static char *day_of(int64_t began_ns)
{
    time_t seconds = (time_t)(began_ns / (1000 * 1000 * 1000));
    char text[64] = "";
    struct tm tm;

    if (localtime_r(&seconds, &tm))
        (void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
    return xstrdup(text);
}

/* NULL when something was changed while the run went on: which of both it saw is not known. */
static json_t *describe(struct builder *b, const struct outcome *outcome, json_t *state,
                        int64_t began_ns)
{
    const struct interpreter_facts facts = facts_of_engine(&b->engine);
    char machine[SHA256_HEX];
    int64_t newest_ns = 0;

    key_digest(&b->machine, machine);
    struct remembered r = {
        .asked = asked(b->options),
        .began = day_of(began_ns),
        .closed = b->bases.closed,
        .mode = xstrdup(sandbox_mode_name(b->mode)),
        .machine = xstrdup(machine),
        .facts = facts_to_json(&facts, state),
        .files = state_of_files(b, &newest_ns),
        .directories = state_of_directories(b, &newest_ns),
        .wheel_dir = b->options->wheel_dir ? NULL : xstrdup(outcome->wheel_dir),
        .record = run_record_to_json(&outcome->record),
    };
    json_t *json = newest_ns < began_ns - CLOCK_TICK_NS ? remembered_to_json(&r) : NULL;
    remembered_release(&r);
    return json;
}

/* ------------------------------------------------------------------------------------------ the whole */

static int keep(struct builder *b, const struct outcome *outcome, int64_t began_ns, struct err *err)
{
    char digest[SHA256_HEX];
    json_t *state = NULL;
    int ret = engine_state(b->environment.python, b->options, &b->digests, &state, err);

    if (ret < 0) {
        json_decref(state);
        return ret;
    }
    json_t *about = describe(b, outcome, state, began_ns);
    if (!about)
        return err_set(err, ERR_BUILD, "its inputs were changed meanwhile");
    run_key(b->options, digest);
    ret = stored_run_put(&b->store, digest, about, outcome->report, err);
    json_decref(about);
    return ret;
}

void remember_run(struct builder *b, const struct outcome *outcome, int64_t began_ns)
{
    auto_err struct err err = ERR_INIT;
    const char *why = why_not(b, outcome);

    if (!why && keep(b, outcome, began_ns, &err) < 0)
        why = err.message;
    if (why)
        log_debug("this run is not remembered: %s", why);
}
