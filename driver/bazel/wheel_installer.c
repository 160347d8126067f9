/* Builds or downloads the one wheel of a requirement for Bazel, or unpacks it. */
#include "bazel/wheel_installer.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "system/publish.h"
#include "system/tmp.h"
#include "wheel/wheel_name.h"
#include "inputs/options.h"
#include "run/wheel_run.h"
#include "bazel/layout.h"
#include "bazel/rules.h"
#include "bazel/target.h"

/* The value of "arg" in the rules' JSON, a new reference; NULL when the option is not given. */
static int read_json(const char *option, const char *text, json_t **ret_arg, struct err *err)
{
    json_error_t error;

    *ret_arg = NULL;
    if (!text)
        return 0;
    json_t *object = json_loads(text, 0, &error);
    json_t *arg = json_object_get(object, "arg");
    if (!arg) {
        json_decref(object);
        return err_set(err, ERR_USAGE, "--%s wants JSON with one member \"arg\", not '%s'", option,
                       text);
    }
    *ret_arg = json_incref(arg);
    json_decref(object);
    return 0;
}

static int read_extra_args(const struct wheel_installer *tool, struct strv *out, struct err *err)
{
    json_t *args, *value;
    size_t i;
    int ret = read_json("extra_pip_args", tool->extra_pip_args, &args, err);

    json_array_foreach(args, i, value)
    {
        if (!json_is_string(value)) {
            ret = err_set(err, ERR_USAGE, "--extra_pip_args wants a list of texts in \"arg\"");
            break;
        }
        strv_push(out, json_string_value(value));
    }
    json_decref(args);
    return ret;
}

/* Variables that pip and Python read themselves: they are no business of a build. */
static bool is_for_pip_only(const char *name)
{
    return str_starts(name, "PIP_") || str_starts(name, "PYTHON") || str_eq(name, "HOME") ||
           str_eq(name, "TMPDIR");
}

/*
 * Sets the variables in this process, where pip sees them. A build sees no variable of this process
 * unless it is named in `for_builds`.
 */
static int set_environment(const struct wheel_installer *tool, struct strv *for_builds,
                           struct err *err)
{
    const char *name;
    json_t *variables, *value;
    int ret = read_json("environment", tool->environment, &variables, err);

    json_object_foreach(variables, name, value)
    {
        const char *text = json_string_value(value);
        if (!text || !name[0] || strchr(name, '=')) {
            ret = err_set(err, ERR_USAGE, "--environment: '%s' is no name, or its value no text",
                          name);
            break;
        }
        (void)setenv(name, text, 1); /* the name was checked */
        if (!is_for_pip_only(name))
            strv_pushf(for_builds, "%s=%s", name, text);
    }
    json_decref(variables);
    return ret;
}

/* `file`: a requirements file with the requirement. */
static int run_wheel(const struct wheel_installer *tool, const struct strv *extra,
                     const struct strv *env, const char *file, struct outcome *ret_outcome,
                     struct err *err)
{
    auto_marker_env struct marker_env markers = MARKER_ENV_INIT;
    struct wheel_options wheel = {.wheel_dir = "."};
    int ret = bazel_target(NULL, &markers, &wheel.python, err);

    if (ret < 0)
        return ret;
    strv_push(&wheel.pip_args, "--no-deps");
    if (tool->isolated)
        strv_push(&wheel.pip_args, "--isolated");
    if (tool->download_only)
        strv_push(&wheel.pip_args, "--only-binary=:all:");
    strv_extend(&wheel.pip_args, extra);
    strv_push(&wheel.pip_args, "--requirement");
    strv_push(&wheel.pip_args, file);
    strv_extend(&wheel.env, env);
    struct progress *progress = progress_new(); /* nobody watches it */
    ret = wheel_run(&wheel, progress, ret_outcome, err);
    progress_free(progress);
    wheel_options_release(&wheel);
    return ret;
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

/* Of the wheels of this run, which are several when extra_pip_args asked for more. */
static const char *choose_wheel(const struct run_record *record, const char *requirement)
{
    auto_free char *project = required_name(requirement);

    if (record->wheels.count == 1)
        return record->wheels.items[0].file;
    for (size_t i = 0; i < record->wheels.count; i++)
        if (is_of_project(record->wheels.items[i].file, project))
            return record->wheels.items[i].file;
    return NULL;
}

static int write_whl_file(const struct run_record *record, const char *requirement, struct err *err)
{
    auto_free char *path = NULL, *text = NULL;
    const char *name = choose_wheel(record, requirement);

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

static int make_wheel(const struct wheel_installer *tool, const char *file,
                      struct outcome *ret_outcome, struct err *err)
{
    auto_strv struct strv extra = STRV_INIT, env = STRV_INIT;
    int ret = read_extra_args(tool, &extra, err);

    if (ret == 0)
        ret = set_environment(tool, &env, err);
    if (ret < 0)
        return ret;
    return run_wheel(tool, &extra, &env, file, ret_outcome, err);
}

/* The requirements file is one of ours: in the message the user's option stands for it. */
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

/* Through a requirements file: pip takes hashes nowhere else. */
static int build(const struct wheel_installer *tool, struct outcome *ret_outcome, struct err *err)
{
    struct tmp_dir dir = TMP_DIR_INIT;
    int ret = tmp_dir_create(&dir, -1, err);

    if (ret < 0)
        return ret;
    auto_free char *path = path_join(dir.path, "requirement.txt");
    auto_free char *line = xasprintf("%s\n", tool->requirement);
    ret = write_file(path, line, strlen(line), 0600, err);
    if (ret == 0)
        ret = make_wheel(tool, path, ret_outcome, err);
    if (ret < 0)
        name_option(err, path);
    tmp_dir_release(&dir);
    if (ret == 0 && !ret_outcome->signal && !ret_outcome->failures.count)
        ret = write_whl_file(&ret_outcome->record, tool->requirement, err);
    return ret;
}

/*
 * Rules since 1.5 have no option for it and add the files themselves. Their own wheel_installer.py
 * tells which rules these are: it mentions namespace_pkgs only where it is to add the files.
 */
static bool wants_namespace_inits(const struct wheel_installer *tool)
{
    static const char module[] = "python.private.pypi.whl_installer.wheel_installer";

    return !tool->enable_implicit_namespace_pkgs && !tool->enable_pipstar &&
           bazel_rules_mention(module, "wheel_installer.py", "namespace_pkgs") != BAZEL_RULES_NO;
}

static int unpack(const struct wheel_installer *tool, struct err *err)
{
    struct bazel_install install = {
        .whl = tool->whl_file,
        .requirement = tool->requirement,
        .platforms = &tool->platforms,
        .add_namespace_inits = wants_namespace_inits(tool),
        .entry_points_only = tool->enable_pipstar,
    };

    return bazel_install_run(&install, ".", err);
}

int wheel_installer_run(const struct wheel_installer *tool, struct outcome *ret_outcome,
                        struct err *err)
{
    return tool->whl_file ? unpack(tool, err) : build(tool, ret_outcome, err);
}
