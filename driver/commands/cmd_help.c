/* `truewheel help`: the list of commands, or the help of one of them. */
#include <stdio.h>

#include "base/str.h"
#include "commands/commands.h"
#include "commands/table.h"

static int run(void *opaque UNUSED, int argc, char **argv)
{
    auto_err struct err err = ERR_INIT;

    if (argc == 0) {
        command_print_usage(stdout);
        return EXIT_DONE;
    }
    const struct cmd *cmd = command_find(argv[0]);
    if (cmd && argc == 1) {
        cmd_print_help(cmd);
        return EXIT_DONE;
    }
    if (cmd)
        (void)err_set(&err, ERR_USAGE, "help wants one command, not '%s' besides", argv[1]);
    else
        (void)command_unknown(1, argv, &err);
    return cmd_fail_usage(&cmd_help, &err);
}

const struct cmd cmd_help = {
    .name = "help",
    .arguments = "[COMMAND]",
    .summary = "Say what a command does, and its options.",
    .about =
        "The same as truewheel COMMAND --help. The manual page has more: man truewheel COMMAND.",
    .run = run,
};
