#include "run/outcome.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "system/publish.h"
#include "wheel/normal.h"
#include "inputs/hook_env.h"
#include "build/run.h"

void outcome_release(struct outcome *outcome)
{
    for (size_t i = 0; i < outcome->failure_count; i++)
        err_release(&outcome->failures[i]);
    free(outcome->failures);
    free(outcome->items);
    *outcome = (struct outcome){0};
}

void outcome_add_failure(struct outcome *outcome, struct err *err)
{
    vec_grow((void **)&outcome->failures, outcome->failure_count, &outcome->failure_cap,
             sizeof(*outcome->failures));
    outcome->failures[outcome->failure_count] = (struct err)ERR_INIT;
    err_move(&outcome->failures[outcome->failure_count++], err);
}

/* --------------------------------------------------------------------------------------- table */

static const char *origin(const struct delivery *item)
{
    return item->build ? "built" : "index";
}

static size_t widest(const struct outcome *outcome, size_t offset, size_t least)
{
    size_t width = least;

    for (size_t i = 0; i < outcome->count; i++) {
        const char *text = *(const char *const *)((const char *)&outcome->items[i] + offset);
        size_t len = strlen(text);
        width = len > width ? len : width;
    }
    return width;
}

int outcome_print_table(const struct outcome *outcome, struct err *err)
{
    size_t name = widest(outcome, offsetof(struct delivery, project), sizeof("package") - 1);
    size_t version = widest(outcome, offsetof(struct delivery, version), sizeof("version") - 1);

    if (!outcome->count)
        return 0;
    (void)printf("%-*s  %-*s  %7s  %-5s  %s\n", (int)name, "package", (int)version, "version",
                 "seconds", "from", "sha256");
    for (size_t i = 0; i < outcome->count; i++) {
        const struct delivery *item = &outcome->items[i];
        double seconds = item->build ? (double)item->build->build_ms / 1000 : 0;
        (void)printf("%-*s  %-*s  %7.1f  %-5s  %s\n", (int)name, item->project, (int)version,
                     item->version, seconds, origin(item), item->wheel->sha256);
    }
    errno = 0;
    bool failed = fflush(stdout) != 0 || ferror(stdout);
    return failed ? err_errno(err, errno ? errno : EIO, "cannot write to stdout") : 0;
}

/* -------------------------------------------------------------------------------------- record */

static json_t *requirement_record(const struct wheel_file *wheel)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "name", wheel->project, "version", wheel->version,
                     "file", wheel->name, "sha256", wheel->sha256);
}

static json_t *environment_record(const struct build *build)
{
    const struct env *env = build->env;
    json_t *wheels = json_array();

    for (size_t i = 0; i < env->wheels.count; i++)
        (void)json_array_append_new(wheels, requirement_record(&env->wheels.items[i]));
    return json_pack("{s:s, s:b, s:o, s:O*}", "hash", env->hash, "isolated", env->isolated,
                     "requires", wheels, "installed", build->installed);
}

static void add_source(json_t *record, const struct build *build)
{
    static const char *const fields[] = {"url", "sha256", "subdirectory", "backend",
                                         "config_settings"};
    json_t *source = json_object();

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        (void)json_object_set(source, fields[i], json_object_get(build->source, fields[i]));
    (void)json_object_set_new(record, "source", source);
    (void)json_object_set_new(record, "path", json_string(build->dir));
    (void)json_object_set_new(record, "memory", json_boolean(!build->on_disk));
    if (build->crates)
        (void)json_object_set_new(record, "crates", json_string(build->crates));
    (void)json_object_set_new(record, "environment", environment_record(build));
    (void)json_object_set_new(record, "seconds", json_real((double)build->build_ms / 1000));
    (void)json_object_set_new(record, "cpu_seconds", json_real((double)build->cpu_ms / 1000));
}

static json_t *wheel_record(const struct delivery *item)
{
    json_t *record =
        json_pack("{s:s, s:s, s:s, s:s}", "name", item->project, "version", item->version, "file",
                  item->wheel->name, "sha256", item->wheel->sha256);

    (void)json_object_set_new(record, "from", json_string(origin(item)));
    if (item->build)
        add_source(record, item->build);
    else if (item->wheel->url && item->wheel->url[0])
        (void)json_object_set_new(record, "url", json_string(item->wheel->url));
    return record;
}

static json_t *failure_record(const struct err *err)
{
    return json_pack("{s:s, s:s}", "message", err->message, "detail",
                     err->detail ? err->detail : "");
}

json_t *outcome_record(const struct outcome *outcome, const struct run *run)
{
    json_t *wheels = json_array(), *failures = json_array();

    for (size_t i = 0; i < outcome->count; i++)
        (void)json_array_append_new(wheels, wheel_record(&outcome->items[i]));
    for (size_t i = 0; i < outcome->failure_count; i++)
        (void)json_array_append_new(failures, failure_record(&outcome->failures[i]));
    return json_pack(
        "{s:i, s:s, s:i, s:{s:s, s:s, s:s, s:s, s:s}, s:s, s:{s:s, s:b, s:s}, s:s, s:s, s:o, s:o, "
        "s:o}",
        "format", 1, "truewheel", TRUEWHEEL_VERSION, "normal_form", NORMAL_FORM_VERSION,
        "interpreter", "python", engine_fact(&run->engine, "python"), "executable",
        engine_fact(&run->engine, "executable"), "tag", engine_fact(&run->engine, "tag"), "pip",
        engine_fact(&run->engine, "pip"), "zlib", engine_fact(&run->engine, "zlib"), "compiler",
        run->compiler ? run->compiler : "", "paths", "mode", sandbox_mode_name(run->mode), "stable",
        run->mode != SANDBOX_MAPPED, "root", run->root, "addresses",
        run->caps.fixed_addresses ? "fixed" : "random", "compressor",
        "zlib " TRUEWHEEL_ZLIB_VERSION " level 6", "variables", hook_env_inputs(&run->options->env),
        "wheels", wheels, "failures", failures);
}

int outcome_write_json(const json_t *json, const char *path, struct err *err)
{
    auto_free char *text = json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS);
    auto_str struct str out = STR_INIT;

    str_addf(&out, "%s\n", text ? text : "null");
    if (str_eq(path, "-")) {
        (void)fflush(stdout);
        int ret = write_full(STDOUT_FILENO, out.buf, out.len);
        return ret < 0 ? err_errno(err, ret, "cannot write to stdout") : 0;
    }
    return publish_bytes(path, out.buf, out.len, err);
}

/* ------------------------------------------------------------------------------------- depfile */

/* make's quoting of a file name in a rule. */
static void add_name(struct str *out, const char *name)
{
    for (; *name; name++) {
        if (*name == ' ' || *name == '#' || *name == '\\')
            str_addch(out, '\\');
        if (*name == '$')
            str_addch(out, '$');
        str_addch(out, *name);
    }
}

static void add_inputs(struct str *out, const struct wheel_options *options, const char *before,
                       const char *after)
{
    const struct strv *args = &options->pip_args;

    for (size_t i = 0; i + 1 < args->count; i++) {
        if (!str_eq(args->items[i], "--requirement") && !str_eq(args->items[i], "--constraint") &&
            !str_eq(args->items[i], "--requirements-from-script"))
            continue;
        if (strstr(args->items[i + 1], "://"))
            continue;
        str_add(out, before);
        add_name(out, args->items[i + 1]);
        str_add(out, after);
    }
}

int outcome_write_depfile(const struct outcome *outcome, const struct run *run, const char *path,
                          struct err *err)
{
    auto_str struct str out = STR_INIT;

    for (size_t i = 0; i < outcome->count; i++) {
        auto_free char *file = path_join(outcome->wheel_dir, outcome->items[i].wheel->name);
        str_add(&out, i ? " \\\n  " : "");
        add_name(&out, file);
    }
    str_addch(&out, ':');
    add_inputs(&out, run->options, " \\\n    ", "");
    str_addch(&out, '\n');
    add_inputs(&out, run->options, "\n", ":\n");
    return publish_bytes(path, out.buf, out.len, err);
}
