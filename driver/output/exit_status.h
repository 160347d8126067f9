/*
 * The exit status of the process: one table, from which the program's help and the manual page have
 * it. A number keeps its meaning for ever. After signal n it is 128+n.
 */
#pragma once

#include <stddef.h>

enum exit_status {
    EXIT_DONE = 0,
    EXIT_BUILD = 1,
    EXIT_USAGE = 2,
    EXIT_ENVIRONMENT = 3,
    EXIT_NOT_FOUND = 4,
    EXIT_INDEX = 5,
    EXIT_RESOURCE = 6,
    EXIT_DIFFERS = 7
};

struct exit_row {
    enum exit_status status;
    const char *meaning;
};

extern const struct exit_row exit_table[];
extern const size_t exit_count;

/* For the code of an error; 0: EXIT_DONE. */
enum exit_status exit_status_of(int code);

/*
 * What a tool ends with that stands in for one of rules_python's: those have 0 to 2 (and the
 * machine's 3), so all other kinds are failed builds. What a signal did stays.
 */
int exit_status_for_rules(int status);
