/* `truewheel lock`: builds like `wheel`, and keeps of it what was used, as lock files. */
#include <stddef.h>
#include <stdio.h>

#include "base/str.h"
#include "commands/commands.h"
#include "commands/pip_options.h"
#include "commands/wheel_output.h"

struct lock_command {
    struct wheel_options run;
    struct display_options display;
};

#define FIELD(name) offsetof(struct lock_command, name)

static const struct opt options[] = {
    OPTION_VALUE(STRING, 'o', "output", run.lock, "FILE",
                 "the lock file (default: pylock.toml); those of builds go beside it"),

    PIP_WHAT_TO_BUILD,

    PIP_WHERE_TO_FIND,

    {.kind = OPT_HEADING, .help = "how to build"},
    OPTION_JOBS(run.jobs, "builds at once (default: what make grants, else the processors)"),
    OPTION_VALUE(SECONDS, 0, "timeout", run.timeout_ms, "SECONDS",
                 "stop the build of a package after this time (pip's: PIP_TIMEOUT)"),
    OPTION_VALUE(STRING, 0, "memory", run.memory, "SIZE",
                 "what builds may use together (default: 3/4 of what is available)"),
    PASS_VALUE('C', "config-settings", "KEY=VALUE", "for the build backend; may be repeated"),
    OPTION_VALUE(LIST, 0, "build-constraint", run.build_constraints, "FILE",
                 "constrain build requirements by a file"),
    OPTION(FLAG, 0, "no-cache", run.no_cache, "neither use nor fill the store of earlier builds"),
    OPTION_VALUE(LIST, 0, "env", run.env, "NAME=VALUE", "a variable that builds shall see"),
    OPTION_VALUE(LIST, 0, "allow-network", run.allow_network, "NAME",
                 "the project whose build may use the network"),
    OPTION_VALUE(LIST, 0, "bind", run.binds, "PATH",
                 "show PATH to builds, read-only; PATH:rw to let them write"),
    OPTION_VALUE(STRING, 0, "build-root", run.build_root, "DIR",
                 "below which every build happens (default: /tmp/truewheel)"),
    OPTION_VALUE(STRING, 0, "mode", run.mode, "MODE",
                 "auto, namespaces, locked or mapped (default: auto)"),
    OPTION_VALUE(STRING, 0, "image", run.image, "DIGEST",
                 "the image that this machine is, in keys instead of its packages"),
    OPTION_VALUE(STRING, 0, "python", run.python, "X.Y|PATH",
                 "lock for this Python or virtual environment; needs its engine"),
    OPTION_VALUE(STRING, 0, "pip", run.pip, "PATH", "use the pip in this directory or wheel"),

    {.kind = OPT_HEADING, .help = "what to tell"},
    OPTION_VALUE(STRING, 0, "log-dir", run.log_dir, "DIR", "keep the log of every build here"),
    OPTION(FLAG, 0, "no-color", display.no_color, "no colours, as with NO_COLOR"),
    OPTION(FLAG, 'q', "quiet", display.quiet, "only errors"),
    OPTION(COUNT, 'v', "verbose", display.verbose, "more; twice: much more"),
};

static int conclude(const struct lock_command *lock, const struct outcome *outcome)
{
    int status = wheel_print_failures(outcome);

    if (status == EXIT_DONE && !lock->display.quiet)
        (void)printf("Locked %zu packages in %s\n", outcome->record.wheels.count, lock->run.lock);
    return status;
}

static int run(void *opaque, int argc, char **argv)
{
    struct lock_command *lock = opaque;
    auto_outcome struct outcome outcome = {0};
    auto_err struct err err = ERR_INIT;

    lock->run.activated = lock->run.lock_only = true;
    if (!lock->run.lock)
        lock->run.lock = "pylock.toml";
    wheel_add_requirements(&lock->run, argc, argv);
    int ret = wheel_check_locks(&lock->run, argc, &err);
    if (ret == 0)
        ret = wheel_run_shown(&lock->run, &lock->display, NULL, &outcome, &err);
    int status = ret < 0 ? cmd_fail(&err) : conclude(lock, &outcome);
    wheel_options_release(&lock->run);
    return status;
}

const struct cmd cmd_lock = {
    .name = "lock",
    .arguments = "[REQUIREMENT]...",
    .summary = "Lock requirements, and what the build of each sdist needs (PEP 751).",
    .about =
        "Builds everything, because only a build tells all that it needs, and delivers nothing.",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .options_size = sizeof(struct lock_command),
    .run = run,
};
