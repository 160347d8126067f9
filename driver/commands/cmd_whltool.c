/* `truewheel whltool`: rules_python's whltool, the tool behind whl_library. */
#include <stddef.h>

#include "bazel/names.h"
#include "bazel/whltool.h"
#include "commands/commands.h"

#define FIELD(name_) offsetof(struct whltool, name_)

static const struct opt options[] = {
    OPTION_VALUE(STRING, 0, "whl", whl, "FILE", "the wheel to unpack"),
    OPTION_VALUE(STRING, 0, "requirements", requirements, "LABEL",
                 "the requirements.bzl, for a wheel that depends on others"),
    OPTION_VALUE(STRING, 0, "directory", directory, "DIR", "where to unpack it (default: .)"),
    OPTION_VALUE(LIST, 0, "extras", extras, "NAME", "an extra that gets a target; may be repeated"),
    OPTION_VALUE(STRING, 0, "rules_python_repo", rules_python_repo, "NAME",
                 "the repository of py_library (default: rules_python)"),
};

static int check_options(const struct whltool *o, int argc, char **argv, struct err *err)
{
    if (argc)
        return err_set(err, ERR_USAGE, "whltool takes no argument '%s'", argv[0]);
    if (!o->whl)
        return err_set(err, ERR_USAGE, "whltool needs --whl");
    if (!bazel_is_repository_name(o->rules_python_repo))
        return err_set(err, ERR_USAGE,
                       "--rules_python_repo: '%s' cannot be the name of a Bazel repository",
                       o->rules_python_repo);
    return 0;
}

static int run(void *opaque, int argc, char **argv)
{
    struct whltool *o = opaque;
    auto_err struct err err = ERR_INIT;

    if (!o->rules_python_repo)
        o->rules_python_repo = "rules_python";
    if (!o->directory)
        o->directory = ".";
    int status = EXIT_DONE;
    if (check_options(o, argc, argv, &err) < 0)
        status = cmd_fail_usage(&cmd_whltool, &err);
    else if (whltool_run(o, &err) < 0)
        status = cmd_fail(&err);
    strv_release(&o->extras);
    return exit_status_for_rules(status);
}

const struct cmd cmd_whltool = {
    .name = "whltool",
    .arguments = "--whl FILE",
    .summary = "Unpack a wheel for Bazel's whl_library, and write its BUILD file.",
    .about = "Stands in for rules_python's whltool.par, also when it is called by that name.",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .options_size = sizeof(struct whltool),
    .takes_prefixes = true,
    .run = run,
};
