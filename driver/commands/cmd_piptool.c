/* `truewheel piptool`: rules_python's piptool, the tool behind pip_import. */
#include <stddef.h>

#include "base/log.h"
#include "bazel/names.h"
#include "bazel/piptool.h"
#include "commands/commands.h"
#include "output/wheel_output.h"

#define FIELD(name_) offsetof(struct piptool, name_)

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

static int check_options(const struct piptool *o, int argc, char **argv, struct err *err)
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

static int run(void *opaque, int argc, char **argv)
{
    struct piptool *o = opaque;
    auto_outcome struct outcome outcome = {0};
    auto_err struct err err = ERR_INIT;

    if (!o->rules_python_repo)
        o->rules_python_repo = "rules_python";
    if (check_options(o, argc, argv, &err) < 0)
        return cmd_fail_usage(&cmd_piptool, &err);
    log_set_level(LOG_ERROR); /* Bazel shows what a tool prints: nothing but errors */
    int ret = piptool_run(o, &outcome, &err);
    return exit_status_for_rules(ret < 0 ? cmd_fail(&err) : wheel_print_failures(&outcome));
}

const struct cmd cmd_piptool = {
    .name = "piptool",
    .arguments = "--name NAME --input FILE --output FILE --directory DIR",
    .summary = "Build wheels for Bazel's pip_import, and the requirements.bzl that lists them.",
    .about = "Stands in for rules_python's piptool.par, also when it is called by that name.",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .options_size = sizeof(struct piptool),
    .takes_prefixes = true,
    .run = run,
};
