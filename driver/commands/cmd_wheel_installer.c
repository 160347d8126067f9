/*
 * `truewheel wheel_installer`: the tool behind the wheel repositories of rules_python since 0.27.
 *
 * Without --whl-file it builds or downloads one wheel into the current directory and writes
 * whl_file.json; with it (until rules_python 2.0) it unpacks one and writes metadata.json.
 */
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "system/publish.h"
#include "system/tmp.h"
#include "wheel/wheel_name.h"
#include "inputs/options.h"
#include "bazel/layout.h"
#include "bazel/rules.h"
#include "commands/commands.h"
#include "commands/wheel_output.h"

struct installer_options {
    const char *requirement;
    const char *extra_pip_args;
    const char *pip_data_exclude;
    const char *environment;
    const char *whl_file;
    struct strv platforms;
    bool isolated;
    bool download_only;
    bool enable_implicit_namespace_pkgs;
    bool enable_pipstar;
};

#define FIELD(name_) offsetof(struct installer_options, name_)

static const struct opt options[] = {
    OPTION_VALUE(STRING, 0, "requirement", requirement, "REQ",
                 "one requirement, perhaps with --hash options"),
    OPTION(FLAG, 0, "isolated", isolated, "without pip's configuration files and PIP_* variables"),
    OPTION_VALUE(STRING, 0, "extra_pip_args", extra_pip_args, "JSON",
                 "{\"arg\": [more options for pip]}"),
    OPTION(FLAG, 0, "download_only", download_only, "a wheel from the index, nothing is built"),
    OPTION_VALUE(STRING, 0, "pip_data_exclude", pip_data_exclude, "JSON", "accepted, not used"),
    OPTION_VALUE(STRING, 0, "environment", environment, "JSON",
                 "{\"arg\": {NAME: VALUE}} for pip and the build"),
    OPTION_VALUE(STRING, 0, "whl-file", whl_file, "FILE", "unpack this wheel, nothing is built"),
    OPTION_VALUE(LIST, 0, "platform", platforms, "NAME",
                 "with --whl-file: for its dependencies too; may be repeated"),
    OPTION(FLAG, 0, "enable_implicit_namespace_pkgs", enable_implicit_namespace_pkgs,
           "with --whl-file: add no __init__.py to namespace packages"),
    OPTION(FLAG, 0, "enable-pipstar", enable_pipstar,
           "with --whl-file: the rules read METADATA themselves, and see to namespace packages"),
};

/* The value of "arg" in the rules' JSON, owned by the caller; NULL when the option is not given. */
static int read_json(const char *option, const char *text, json_t **ret, struct err *err)
{
    json_error_t error;

    *ret = NULL;
    if (!text)
        return 0;
    json_t *object = json_loads(text, 0, &error);
    json_t *arg = json_object_get(object, "arg");
    if (!arg) {
        json_decref(object);
        return err_set(err, ERR_USAGE, "--%s wants JSON with one member \"arg\", not '%s'", option,
                       text);
    }
    *ret = json_incref(arg);
    json_decref(object);
    return 0;
}

static int read_extra_args(const struct installer_options *o, struct strv *out, struct err *err)
{
    json_t *args, *value;
    size_t i;
    int rc = read_json("extra_pip_args", o->extra_pip_args, &args, err);

    json_array_foreach(args, i, value)
    {
        if (!json_is_string(value)) {
            rc = err_set(err, ERR_USAGE, "--extra_pip_args wants a list of texts in \"arg\"");
            break;
        }
        strv_push(out, json_string_value(value));
    }
    json_decref(args);
    return rc;
}

/* Into this process for pip, and by name into the build, which sees nothing else of it. */
static int set_environment(const struct installer_options *o, struct strv *for_builds,
                           struct err *err)
{
    static const char *const pips[] = {"PIP_", "HOME", "TMPDIR", "PYTHON"};
    const char *name;
    json_t *variables, *value;
    int rc = read_json("environment", o->environment, &variables, err);

    json_object_foreach(variables, name, value)
    {
        const char *text = json_string_value(value);
        bool for_pip_only = false;
        if (!text || !name[0] || strchr(name, '=')) {
            rc = err_set(err, ERR_USAGE, "--environment: '%s' is no name, or its value no text",
                         name);
            break;
        }
        (void)setenv(name, text, 1); /* the name was checked */
        for (size_t i = 0; i < ARRAY_SIZE(pips); i++)
            for_pip_only = for_pip_only || str_starts(name, pips[i]);
        if (!for_pip_only)
            strv_pushf(for_builds, "%s=%s", name, text);
    }
    json_decref(variables);
    return rc;
}

static int run_wheel(const struct installer_options *o, const struct strv *extra,
                     const struct strv *env, const char *file, struct strv *ret_wheels,
                     int *ret_status, struct err *err)
{
    struct wheel_options wheel = {.wheel_dir = "."};
    auto_outcome struct outcome outcome = {0};

    strv_push(&wheel.pip_args, "--no-deps");
    if (o->isolated)
        strv_push(&wheel.pip_args, "--isolated");
    if (o->download_only)
        strv_push(&wheel.pip_args, "--only-binary=:all:");
    strv_extend(&wheel.pip_args, extra);
    strv_push(&wheel.pip_args, "--requirement");
    strv_push(&wheel.pip_args, file);
    strv_extend(&wheel.env, env);
    int rc = wheel_run_shown(&wheel, &(struct display_options){.quiet = true}, &outcome, err);
    wheel_options_release(&wheel);
    if (rc < 0)
        return rc;
    *ret_status = wheel_print_failures(&outcome);
    for (size_t i = 0; i < outcome.record.wheels.count; i++)
        strv_push(ret_wheels, outcome.record.wheels.items[i].file);
    return 0;
}

/* The project's name at the start of a requirement line; "" for a URL or path. */
static char *required_name(const char *requirement)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const char *start = requirement + strspn(requirement, " \t");
    size_t len = strspn(start, letters);
    bool named = len && strchr(" \t[<>=!~;@(", start[len]);

    return xstrndup(start, named ? len : 0);
}

static bool is_of_project(const char *file, const char *project)
{
    auto_wheel_name struct wheel_name name = WHEEL_NAME_INIT;

    return wheel_name_parse(file, &name, NULL) == 0 && wheel_dist_equal(project, name.dist);
}

/* Of what this run brought, not of what lies here; more than one when extra_pip_args asked for more. */
static const char *choose_wheel(const struct strv *wheels, const char *requirement)
{
    auto_free char *project = required_name(requirement);

    if (wheels->count == 1)
        return wheels->items[0];
    for (size_t i = 0; i < wheels->count; i++)
        if (is_of_project(wheels->items[i], project))
            return wheels->items[i];
    return NULL;
}

static int write_whl_file(const struct strv *wheels, const char *requirement, struct err *err)
{
    auto_free char *path = NULL, *text = NULL;
    const char *name = choose_wheel(wheels, requirement);

    if (!name)
        return err_set(err, ERR_BUILD, "no wheel came of '%s'", requirement);
    path = realpath(name, NULL);
    if (!path)
        return err_errno(err, errno, "'%s'", name);
    json_t *object = json_pack("{s:s}", "whl_file", path);
    text = object ? json_dumps(object, JSON_ENSURE_ASCII) : NULL;
    json_decref(object);
    if (!text)
        return err_set(err, ERR_FORMAT, "the path '%s' is no UTF-8", path);
    return publish_bytes("whl_file.json", text, strlen(text), err);
}

static int fetch(const struct installer_options *o, const char *file, struct strv *ret_wheels,
                 int *ret_status, struct err *err)
{
    auto_strv struct strv extra = STRV_INIT, env = STRV_INIT;
    int rc = read_extra_args(o, &extra, err);

    if (rc == 0)
        rc = set_environment(o, &env, err);
    if (rc < 0)
        return rc;
    return run_wheel(o, &extra, &env, file, ret_wheels, ret_status, err);
}

/* The file of the requirement is of our making; what the user gave is an option. */
static void name_option(struct err *err, const char *path)
{
    auto_free char *place = xasprintf("%s:1: ", path);
    const char *found = strstr(err->message, place);

    if (!found)
        return;
    char *message = xasprintf("%.*s--requirement: %s", (int)(found - err->message), err->message,
                              found + strlen(place));
    free(err->message);
    err->message = message;
}

/* Hashes can only be given in a requirements file. */
static int build(const struct installer_options *o, int *ret_status, struct err *err)
{
    auto_strv struct strv wheels = STRV_INIT;
    struct tmp_dir dir = TMP_DIR_INIT;
    int rc = tmp_dir_create(&dir, -1, err);

    if (rc < 0)
        return rc;
    auto_free char *path = path_join(dir.path, "requirement.txt");
    auto_free char *line = xasprintf("%s\n", o->requirement);
    rc = write_file(path, line, strlen(line), 0600, err);
    if (rc == 0)
        rc = fetch(o, path, &wheels, ret_status, err);
    if (rc < 0)
        name_option(err, path);
    tmp_dir_release(&dir);
    if (rc == 0 && *ret_status == EXIT_DONE)
        rc = write_whl_file(&wheels, o->requirement, err);
    return rc;
}

/* The option and its work went away with 1.5: the rules do it. Their tool says which they are. */
static bool wants_namespace_inits(const struct installer_options *o)
{
    static const char module[] = "python.private.pypi.whl_installer.wheel_installer";

    return !o->enable_implicit_namespace_pkgs && !o->enable_pipstar &&
           bazel_rules_mention(module, "wheel_installer.py", "namespace_pkgs") != BAZEL_RULES_NO;
}

static int unpack(const struct installer_options *o, struct err *err)
{
    struct bazel_install install = {
        .whl = o->whl_file,
        .requirement = o->requirement,
        .platforms = &o->platforms,
        .add_namespace_inits = wants_namespace_inits(o),
        .entry_points_only = o->enable_pipstar,
    };

    return bazel_install_run(&install, ".", err);
}

static int check_options(const struct installer_options *o, int argc, char **argv, struct err *err)
{
    if (argc)
        return err_set(err, ERR_USAGE, "wheel_installer takes no argument '%s'", argv[0]);
    return o->requirement ? 0 : err_set(err, ERR_USAGE, "wheel_installer needs --requirement");
}

static int run(void *opaque, int argc, char **argv)
{
    struct installer_options *o = opaque;
    auto_err struct err err = ERR_INIT;
    int status = EXIT_DONE;

    if (check_options(o, argc, argv, &err) < 0)
        status = cmd_fail_usage(&cmd_wheel_installer, &err);
    else if ((o->whl_file ? unpack(o, &err) : build(o, &status, &err)) < 0)
        status = cmd_fail(&err);
    strv_release(&o->platforms);
    return status;
}

const struct cmd cmd_wheel_installer = {
    .name = "wheel_installer",
    .arguments = "--requirement REQ",
    .summary = "Build or unpack one wheel for the repositories of today's rules_python.",
    .about = "Stands in for the module python.private.pypi.whl_installer.wheel_installer.",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .options_size = sizeof(struct installer_options),
    .run = run,
};
