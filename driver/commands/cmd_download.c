/* `truewheel download`: what lock files name, for a machine without a network. */
#include <stddef.h>
#include <stdio.h>

#include "base/str.h"
#include "commands/commands.h"
#include "commands/run_options.h"
#include "output/wheel_output.h"

struct download_command {
    struct wheel_options run;
    struct display_options display;
};

#define FIELD(name) offsetof(struct download_command, name)

static const struct opt options[] = {
    OPTION_VALUE(STRING, 0, "locked", run.locked, "FILE", "the lock file; must be given"),
    OPTION_VALUE(STRING, 'd', "dest", run.download_dir, "DIR", "where it goes (default: .)"),

    PIP_WHERE_TO_FIND,

    {.kind = OPT_HEADING, .help = "what to tell"},
    OPTION_VALUE(STRING, 0, "python", run.python, "X.Y|PATH",
                 "the Python whose pip fetches; needs its engine"),
    RUN_PIP,
    SHOWN_NO_COLOR,
    SHOWN_QUIET,
    SHOWN_VERBOSE,
};

static int check(const struct download_command *download, int argc, struct err *err)
{
    if (!download->run.locked)
        return err_set(err, ERR_USAGE, "download wants --locked FILE");
    return wheel_check_locks(&download->run, argc, err);
}

static int run(void *opaque, int argc, char **argv)
{
    struct download_command *download = opaque;
    auto_outcome struct outcome outcome = {0};
    auto_err struct err err = ERR_INIT;

    (void)argv;
    download->run.activated = true;
    if (!download->run.download_dir)
        download->run.download_dir = ".";
    int ret = check(download, argc, &err);
    if (ret == 0)
        ret = wheel_check_dirs(&download->run, &err);
    if (ret == 0)
        ret = wheel_run_shown(&download->run, &download->display, NULL, &outcome, &err);
    int status = ret < 0 ? cmd_fail(&err) : wheel_print_failures(&outcome);
    if (status == EXIT_DONE && !download->display.quiet)
        (void)printf("Saved what %s names in %s\n", download->run.locked,
                     download->run.download_dir);
    wheel_options_release(&download->run);
    return status;
}

const struct cmd cmd_download = {
    .name = "download",
    .arguments = "",
    .summary = "Fetch all that a lock file names, for a machine without a network.",
    .about = "There, wheel --locked FILE --no-index --find-links DIR builds the same bytes.",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .options_size = sizeof(struct download_command),
    .run = run,
};
