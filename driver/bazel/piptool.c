/* Builds the wheels of a requirements file and writes the requirements.bzl that lists them. */
#include "bazel/piptool.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "system/publish.h"
#include "inputs/options.h"
#include "run/wheel_run.h"
#include "bazel/repository.h"
#include "bazel/target.h"

static bool is_isolated(const struct piptool *tool)
{
    const char *variable = getenv("TRUEWHEEL_ISOLATED");

    return tool->isolated || (variable && strcmp(variable, "1") == 0);
}

/* The rules put the string between double quotes and start no shell that would remove them. */
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

/* Build constraints are an option of truewheel's; all others are handed to pip's resolver. */
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

static int build_wheels(const struct piptool *tool, const char *engine, struct outcome *ret_outcome,
                        struct err *err)
{
    auto_strv struct strv extra = STRV_INIT;
    struct wheel_options wheel = {.wheel_dir = tool->directory};

    wheel.python = engine;
    strv_push(&wheel.pip_args, "--requirement");
    strv_push(&wheel.pip_args, tool->input);
    if (is_isolated(tool))
        strv_push(&wheel.pip_args, "--isolated");
    if (tool->extra_pip_args)
        split_extra_args(tool->extra_pip_args, &extra);
    add_extra_args(&extra, &wheel);
    struct progress *progress = progress_new(); /* nobody watches it */
    int ret = wheel_run(&wheel, progress, ret_outcome, err);
    progress_free(progress);
    wheel_options_release(&wheel);
    return ret;
}

static int write_output(const struct piptool *tool, const struct marker_env *env, struct err *err)
{
    auto_bazel_repo struct bazel_repo repo = BAZEL_REPO_INIT;
    auto_str struct str text = STR_INIT;
    struct bazel_repo_options options = {
        .name = tool->name,
        .python_interpreter = tool->python_interpreter,
        .rules_python = tool->rules_python_repo,
        .env = env,
    };
    int ret = bazel_repo_scan(&repo, tool->directory, &options, err);

    if (ret < 0)
        return ret;
    bazel_repo_write(&repo, &options, &text);
    return publish_bytes(tool->output, text.buf, text.len, err);
}

int piptool_run(const struct piptool *tool, struct outcome *ret_outcome, struct err *err)
{
    auto_marker_env struct marker_env env = MARKER_ENV_INIT;
    const char *engine = NULL;
    int ret = publish_check(tool->output, err); /* a wrong path costs no builds */

    if (ret == 0)
        ret = bazel_target(tool->python_interpreter, &env, &engine, err);
    if (ret == 0)
        ret = build_wheels(tool, engine, ret_outcome, err);
    if (ret == 0 && !ret_outcome->signal && !ret_outcome->failures.count)
        ret = write_output(tool, &env, err);
    return ret;
}
