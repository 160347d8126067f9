/* `truewheel piptool`: rules_python's piptool, the tool behind pip_import. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "system/publish.h"
#include "jobs/interpreter.h"
#include "inputs/options.h"
#include "bazel/names.h"
#include "bazel/repository.h"
#include "commands/commands.h"
#include "commands/wheel_output.h"

struct piptool_options {
    const char *python_interpreter;
    const char *name;
    const char *input;
    const char *output;
    const char *directory;
    const char *extra_pip_args;
    const char *rules_python_repo;
    bool isolated;
};

#define FIELD(name_) offsetof(struct piptool_options, name_)

static const struct opt options[] = {
    OPTION_VALUE(STRING, 0, "python_interpreter", python_interpreter, "PYTHON",
                 "build for this one, and name it in whl_library"),
    OPTION_VALUE(STRING, 0, "name", name, "NAME", "the Bazel repository that the output is in"),
    OPTION_VALUE(STRING, 0, "input", input, "FILE", "the requirements file"),
    OPTION_VALUE(STRING, 0, "output", output, "FILE", "the requirements.bzl to write"),
    OPTION_VALUE(STRING, 0, "directory", directory, "DIR",
                 "where the wheels go; all that lie there are listed"),
    OPTION_VALUE(STRING, 0, "extra_pip_args", extra_pip_args, "ARGS",
                 "more options for pip, in one string"),
    OPTION_VALUE(STRING, 0, "rules_python_repo", rules_python_repo, "NAME",
                 "the repository of whl.bzl (default: rules_python)"),
    OPTION(FLAG, 0, "isolated", isolated, "without pip's configuration files and PIP_* variables"),
};

static int check_options(const struct piptool_options *o, int argc, char **argv, struct err *err)
{
    const struct {
        const char *name, *value;
    } needed[] = {
        {"name", o->name}, {"input", o->input}, {"output", o->output}, {"directory", o->directory}};

    if (argc)
        return err_set(err, ERR_USAGE, "piptool takes no argument '%s'", argv[0]);
    for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
        if (!needed[i].value || !needed[i].value[0])
            return err_set(err, ERR_USAGE, "piptool needs --%s", needed[i].name);
    if (!bazel_is_repository_name(o->name))
        return err_set(err, ERR_USAGE, "--name: '%s' cannot be the name of a Bazel repository",
                       o->name);
    if (!bazel_is_repository_name(o->rules_python_repo))
        return err_set(err, ERR_USAGE,
                       "--rules_python_repo: '%s' cannot be the name of a Bazel repository",
                       o->rules_python_repo);
    return 0;
}

/*
 * Said before anything is built for it. What is no file (a pipe) is only opened to be written; a
 * directory that is not there yet may be the one that the wheels are going to make.
 */
static int check_output(const char *path, struct err *err)
{
    auto_free char *dir = path_dir(path);
    struct stat st;
    bool exists = stat(path, &st) == 0;

    if (exists && S_ISDIR(st.st_mode))
        return err_errno(err, EISDIR, "cannot write '%s'", path);
    if (exists && !S_ISREG(st.st_mode))
        return 0;
    if (access(dir, W_OK | X_OK) == 0 || errno == ENOENT)
        return 0;
    return err_errno(err, errno, "cannot write '%s'", path);
}

static bool is_isolated(const struct piptool_options *o)
{
    const char *variable = getenv("TRUEWHEEL_ISOLATED");

    return o->isolated || (variable && strcmp(variable, "1") == 0);
}

/* The rules pass one string with literal double quotes around it, which no shell takes away. */
static void split_extra_args(const char *text, struct strv *out)
{
    size_t len;

    text += strspn(text, "\"");
    len = strlen(text);
    while (len && text[len - 1] == '"')
        len--;
    auto_free char *bare = xstrndup(text, len);
    strv_split(out, bare, " \t\n\v\f\r");
}

/* What is pip's goes to the resolver as it is; build constraints are for the builds. */
static void add_extra_args(const struct strv *extra, struct wheel_options *wheel)
{
    static const char constraint[] = "--build-constraint";

    for (size_t i = 0; i < extra->count; i++) {
        const char *arg = extra->items[i];
        if (strcmp(arg, constraint) == 0 && i + 1 < extra->count)
            strv_push(&wheel->build_constraints, extra->items[++i]);
        else if (str_starts(arg, constraint) && arg[strlen(constraint)] == '=')
            strv_push(&wheel->build_constraints, arg + strlen(constraint) + 1);
        else
            strv_push(&wheel->pip_args, arg);
    }
}

static int build_wheels(const struct piptool_options *o, const struct marker_env *env,
                        int *ret_status, struct err *err)
{
    auto_strv struct strv extra = STRV_INIT;
    struct wheel_options wheel = {.wheel_dir = o->directory};
    auto_outcome struct outcome outcome = {0};

    if (strcmp(env->values[MARKER_IMPLEMENTATION_NAME], "cpython") != 0)
        return err_set(err, ERR_ENVIRONMENT, "no engine for %s, only for CPython",
                       env->values[MARKER_PLATFORM_PYTHON_IMPLEMENTATION]);
    wheel.python = env->values[MARKER_PYTHON_VERSION];
    strv_push(&wheel.pip_args, "--requirement");
    strv_push(&wheel.pip_args, o->input);
    if (is_isolated(o))
        strv_push(&wheel.pip_args, "--isolated");
    if (o->extra_pip_args)
        split_extra_args(o->extra_pip_args, &extra);
    add_extra_args(&extra, &wheel);
    int rc = wheel_run_shown(&wheel, &(struct display_options){.quiet = true}, &outcome, err);
    if (rc == 0)
        *ret_status = wheel_print_failures(&outcome);
    wheel_options_release(&wheel);
    return rc;
}

static int write_output(const struct piptool_options *o, const struct marker_env *env,
                        struct err *err)
{
    auto_bazel_repo struct bazel_repo repo = BAZEL_REPO_INIT;
    auto_str struct str text = STR_INIT;
    struct bazel_repo_options names = {o->name, o->python_interpreter, o->rules_python_repo, env};
    int rc = bazel_repo_scan(&repo, o->directory, &names, err);

    if (rc < 0)
        return rc;
    bazel_repo_write(&repo, &names, &text);
    return publish_bytes(o->output, text.buf, text.len, err);
}

static int piptool(const struct piptool_options *o, int *ret_status, struct err *err)
{
    auto_marker_env struct marker_env env = MARKER_ENV_INIT;
    auto_free char *python = NULL;
    int rc = check_output(o->output, err);

    if (rc == 0)
        rc = interpreter_find(o->python_interpreter, &python, err);
    if (rc == 0)
        rc = interpreter_markers(python, &env, err);
    if (rc == 0)
        rc = build_wheels(o, &env, ret_status, err);
    if (rc == 0 && *ret_status == EXIT_DONE)
        rc = write_output(o, &env, err);
    return rc;
}

static int run(void *opaque, int argc, char **argv)
{
    struct piptool_options *o = opaque;
    auto_err struct err err = ERR_INIT;
    int status = EXIT_DONE;

    if (!o->rules_python_repo)
        o->rules_python_repo = "rules_python";
    if (check_options(o, argc, argv, &err) < 0)
        return cmd_fail_usage(&cmd_piptool, &err);
    return piptool(o, &status, &err) < 0 ? cmd_fail(&err) : status;
}

const struct cmd cmd_piptool = {
    .name = "piptool",
    .arguments = "--name NAME --input FILE --output FILE --directory DIR",
    .summary = "Build wheels for Bazel's pip_import, and the requirements.bzl that lists them.",
    .about = "Stands in for rules_python's piptool.par, also when it is called by that name.",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .options_size = sizeof(struct piptool_options),
    .run = run,
};
