/* The table of all commands, and what to say to a word that is none of them. */
#pragma once

#include <stdio.h>

#include "commands/cmd.h"

/* In the order of --help; ends with NULL. */
extern const struct cmd *const command_table[];

/* The list of commands, which --help prints. */
void command_print_usage(FILE *out);

/* NULL: there is none of that name. */
const struct cmd *command_find(const char *name);

/*
 * For a command line (argv[0] is the first argument) that does not begin with a command: the error,
 * with what to type in its hint. Returns -ERR_USAGE.
 */
int command_unknown(int argc, char **argv, struct err *err);
