/* `truewheel lock`: builds like `wheel`, and keeps of it what was used, as lock files. */
#include <stddef.h>
#include <stdio.h>

#include "base/str.h"
#include "commands/commands.h"
#include "commands/run_options.h"
#include "output/wheel_output.h"

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
    RUN_JOBS,
    RUN_BUILD_TIMEOUT,
    RUN_MEMORY,
    RUN_CONFIG_SETTINGS,
    RUN_BUILD_CONSTRAINT,
    RUN_NO_CACHE,
    RUN_ENV,
    RUN_SETTINGS,
    RUN_ALLOW_NETWORK,
    RUN_BIND,
    RUN_BUILD_ROOT,
    RUN_MODE,
    RUN_IMAGE,
    OPTION_VALUE(STRING, 0, "python", run.python, "X.Y|PATH",
                 "lock for this Python or virtual environment; needs its engine"),
    RUN_PIP,

    {.kind = OPT_HEADING, .help = "what to tell"},
    RUN_LOG_DIR,
    RUN_PIP_LOG,
    SHOWN_NO_COLOR,
    SHOWN_QUIET,
    SHOWN_VERBOSE,
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

    lock->run.activated = lock->run.lock_only = lock->run.find_settings = true;
    if (!lock->run.lock)
        lock->run.lock = "pylock.toml";
    wheel_add_requirements(&lock->run, argc, argv);
    int ret = wheel_check_locks(&lock->run, argc, &err);
    if (ret == 0)
        ret = wheel_check_dirs(&lock->run, &err);
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
