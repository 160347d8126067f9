/*
 * truewheel: finds the command and runs it. It is found by the name that the program was called by
 * (commands/multicall.h), else by the first argument.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "commands/multicall.h"
#include "commands/table.h"

/* If 0, 1 or 2 is closed, a file that is opened later would be read as input, or printed into. */
static void open_standard_descriptors(void)
{
    int fd;

    do {
        fd = open("/dev/null", O_RDWR);
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        (void)close(fd);
}

int main(int argc, char **argv)
{
    int status;

    open_standard_descriptors();
    if (multicall_run(argc, argv, &status))
        return status;
    (void)signal(SIGPIPE, SIG_IGN); /* a closed stdout is an error of the write, not our death */
    if (argc < 2) {
        command_print_usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("truewheel %s\n", TRUEWHEEL_VERSION);
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        command_print_usage(stdout);
        return EXIT_DONE;
    }
    const struct cmd *cmd = command_find(argv[1]);
    if (!cmd) {
        auto_err struct err err = ERR_INIT;
        (void)command_unknown(argc - 1, argv + 1, &err);
        return cmd_fail(&err);
    }
    return cmd_dispatch(cmd, argc - 2, argv + 2);
}
