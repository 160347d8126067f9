/* The wheels of a record, once more. */
#include "verify/rebuild.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "base/path.h"
#include "base/str.h"
#include "inputs/variables.h"

/* What the options of a run borrow. */
struct rebuild_texts {
    char *record, *inputs, *wheels;
    char *python;        /* what was given, else X.Y of the record */
    char *pip, *log_dir; /* absolute: the current directory changes */
};

/* "3.11" of "3.11.7"; the whole text of what is no version, for which there is no engine. */
static char *short_version(const char *version)
{
    const char *minor = strchr(version, '.');

    return xstrndup(version, minor ? (size_t)(minor + 1 - version) + strcspn(minor + 1, ".")
                                   : strlen(version));
}

static int make_dir(const char *path, struct err *err)
{
    return mkdir(path, 0700) < 0 ? err_errno(err, errno, "cannot make '%s'", path) : 0;
}

static bool is_by_ssh(const char *url)
{
    return str_starts(url, "ssh://") || strstr(url, "+ssh://");
}

/* A stranger's record does not choose where the user's keys are shown. */
static void leave_out_ssh(json_t *wheels, json_t *lost)
{
    for (size_t i = json_array_size(wheels); i-- > 0;) {
        const json_t *wheel = json_array_get(wheels, i);
        if (!is_by_ssh(json_text(json_object_get(wheel, "source"), "url")))
            continue;
        (void)json_object_set_new(
            lost, json_text(wheel, "path"),
            json_string("its source comes by ssh (--trust-record fetches it)"));
        (void)json_array_remove(wheels, i);
    }
}

static int write_record(const struct rebuild_spec *spec, const char *path, json_t *lost,
                        struct err *err)
{
    json_t *json = run_record_to_json(spec->record);

    if (!spec->trusted)
        leave_out_ssh(json_object_get(json, "wheels"), lost);
    auto_free char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return write_file(path, text, strlen(text), 0600, err);
}

/* ------------------------------------------------------------------------------------- options */

static void add_variables(const struct run_record *record, struct strv *env)
{
    const char *name;
    json_t *value;

    json_object_foreach(record->variables, name, value)
        strv_pushf(env, "%s=%s", name, json_string_value(value) ? json_string_value(value) : "");
}

/* Which builds had a network, and whether all had the machine's clock for another reason. */
static void add_of_builds(const struct run_record *record, struct wheel_options *options)
{
    for (size_t i = 0; i < record->wheels.count; i++) {
        const struct record_item *item = &record->wheels.items[i];
        if (!item->build)
            continue;
        bool network = str_eq(json_text(item->build->inputs, "network"), "yes");
        if (network)
            strv_push(&options->allow_network, item->name);
        else if (str_eq(json_text(item->build->inputs, "clock"), "real"))
            options->real_clock = true;
    }
}

/*
 * What a record may not say of itself: it could name a compiler, which is asked who it is outside of any
 * sandbox, a place that is cleared, or a build that has no sandbox.
 */
static void take_from_record(const struct run_record *record, const struct wheel_options *given,
                             struct wheel_options *options)
{
    const char *image = json_text(record->inputs, "image");
    const char *bind = json_text(record->inputs, "bind");

    options->build_root = record->paths.root;
    options->mode = record->paths.mode;
    options->image = image[0] ? image : NULL;
    if (!given->python)
        options->python = record->interpreter.executable;
    if (!options->binds.count)
        strv_split(&options->binds, bind, "\n");
    add_variables(record, &options->env);
    add_of_builds(record, options);
}

/* Lists are the result's own. */
static struct wheel_options make_options(const struct rebuild_spec *spec,
                                         const struct rebuild_texts *texts)
{
    struct wheel_options options = *spec->given;

    options.locked = texts->record;
    options.locked_is_record = options.other_bytes = true;
    options.lock = NULL;
    options.wheel_dir = texts->wheels;
    options.hold_dir = NULL;
    options.keep_going = options.no_cache = true;
    options.from_source = options.offline = options.report = false;
    options.pip_args = options.build_constraints = options.refresh = (struct strv)STRV_INIT;
    options.allow_network = options.allow_url = options.binds = options.env =
        (struct strv)STRV_INIT;
    strv_extend(&options.binds, &spec->given->binds);
    strv_extend(&options.env, &spec->given->env);
    strv_extend(&options.allow_network, &spec->given->allow_network);
    options.python = texts->python;
    options.pip = texts->pip;
    options.log_dir = texts->log_dir;
    options.pip_log = NULL;
    if (spec->trusted)
        take_from_record(spec->record, spec->given, &options);
    return options;
}

/* -------------------------------------------------------------------------------------- the runs */

/* In the child: what a trusted record does not name is no input, whatever the caller has set since. */
static int run_without_inputs(const struct wheel_options *options, void *arg,
                              struct outcome *ret_outcome, struct err *err)
{
    const struct rebuild_spec *spec = arg;
    extern char **environ;
    auto_strv struct strv names = STRV_INIT;

    for (char **p = environ; spec->trusted && *p; p++) {
        auto_free char *name = xstrndup(*p, strcspn(*p, "="));
        if (variable_is_input(name))
            strv_push(&names, name);
    }
    for (size_t i = 0; i < names.count; i++)
        (void)unsetenv(names.items[i]);
    return spec->run(options, spec->arg, ret_outcome, err);
}

static int run_child(const struct rebuild_spec *spec, const struct wheel_options *options,
                     const struct axes *axes, struct child_result *ret_result, struct err *err)
{
    const struct child_run child = {.options = options,
                                    .axes = axes,
                                    .dir = spec->dir,
                                    .run = run_without_inputs,
                                    .arg = (void *)spec};

    return child_run(&child, ret_result, err);
}

static int fetch(const struct rebuild_spec *spec, struct wheel_options options,
                 const struct rebuild_texts *texts, struct child_result *ret_result,
                 struct err *err)
{
    options.pip_args = spec->given->pip_args;
    options.download_dir = texts->inputs;
    return run_child(spec, &options, NULL, ret_result, err);
}

static int build(const struct rebuild_spec *spec, struct wheel_options options,
                 const struct rebuild_texts *texts, struct child_result *ret_result,
                 struct err *err)
{
    strv_push(&options.pip_args, "--no-index");
    strv_push(&options.pip_args, "--find-links");
    strv_push(&options.pip_args, texts->inputs);
    int ret = run_child(spec, &options, spec->axes, ret_result, err);
    strv_release(&options.pip_args);
    return ret;
}

/* What was missing when it was fetched is missing for that reason. */
static void merge_lost(const json_t *fetched, struct child_result *result)
{
    if (!result->lost)
        result->lost = json_object();
    (void)json_object_update(result->lost, (json_t *)fetched);
}

static int fetch_and_build(const struct rebuild_spec *spec, const struct wheel_options *options,
                           const struct rebuild_texts *texts, struct child_result *ret_result,
                           struct err *err)
{
    struct child_result fetched = {0};
    int ret = fetch(spec, *options, texts, &fetched, err);

    ret_result->signal = fetched.signal;
    if (ret == 0 && !fetched.signal) {
        ret = build(spec, *options, texts, ret_result, err);
        if (fetched.lost)
            merge_lost(fetched.lost, ret_result);
    }
    child_result_release(&fetched);
    return ret;
}

static char *absolute(const char *path)
{
    return path ? path_absolute(path) : NULL;
}

static char *choose_python(const struct rebuild_spec *spec)
{
    const char *given = spec->given->python;

    if (!given)
        return short_version(spec->record->interpreter.python);
    return strchr(given, '/') ? path_absolute(given) : xstrdup(given);
}

static struct rebuild_texts make_texts(const struct rebuild_spec *spec)
{
    return (struct rebuild_texts){.record = path_join(spec->dir, "record.json"),
                                  .inputs = path_join(spec->dir, "inputs"),
                                  .wheels = path_join(spec->dir, "wheels"),
                                  .python = choose_python(spec),
                                  .pip = absolute(spec->given->pip),
                                  .log_dir = absolute(spec->given->log_dir)};
}

static void release_texts(struct rebuild_texts *texts)
{
    free(texts->record);
    free(texts->inputs);
    free(texts->wheels);
    free(texts->python);
    free(texts->pip);
    free(texts->log_dir);
}

int rebuild(const struct rebuild_spec *spec, struct child_result *ret_result, struct err *err)
{
    struct rebuild_texts texts = make_texts(spec);
    struct wheel_options options = make_options(spec, &texts);
    json_t *lost = json_object();
    int ret = make_dir(spec->dir, err);

    if (ret == 0)
        ret = write_record(spec, texts.record, lost, err);
    if (ret == 0)
        ret = fetch_and_build(spec, &options, &texts, ret_result, err);
    merge_lost(lost, ret_result);
    json_decref(lost);
    wheel_options_release(&options);
    release_texts(&texts);
    return ret;
}
