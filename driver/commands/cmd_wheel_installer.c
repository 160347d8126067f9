/*
 * `truewheel wheel_installer`: the tool behind the wheel repositories of rules_python since 0.27.
 */
#include <stddef.h>

#include "base/log.h"
#include "bazel/wheel_installer.h"
#include "commands/commands.h"
#include "output/wheel_output.h"

#define FIELD(name_) offsetof(struct wheel_installer, name_)

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

static int check_options(const struct wheel_installer *o, int argc, char **argv, struct err *err)
{
    if (argc)
        return err_set(err, ERR_USAGE, "wheel_installer takes no argument '%s'", argv[0]);
    return o->requirement ? 0 : err_set(err, ERR_USAGE, "wheel_installer needs --requirement");
}

static int run(void *opaque, int argc, char **argv)
{
    struct wheel_installer *o = opaque;
    auto_outcome struct outcome outcome = {0};
    auto_err struct err err = ERR_INIT;
    int status;

    log_set_level(LOG_ERROR); /* Bazel shows what a tool prints: nothing but errors */
    if (check_options(o, argc, argv, &err) < 0)
        status = cmd_fail_usage(&cmd_wheel_installer, &err);
    else if (wheel_installer_run(o, &outcome, &err) < 0)
        status = cmd_fail(&err);
    else
        status = wheel_print_failures(&outcome);
    strv_release(&o->platforms);
    return exit_status_for_rules(status);
}

const struct cmd cmd_wheel_installer = {
    .name = "wheel_installer",
    .arguments = "--requirement REQ",
    .summary = "Build or unpack one wheel for the repositories of today's rules_python.",
    .about = "Stands in for the module python.private.pypi.whl_installer.wheel_installer.",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .options_size = sizeof(struct wheel_installer),
    .takes_prefixes = true,
    .run = run,
};
