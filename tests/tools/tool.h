/*
 * truewheel-test-tool: shows modules of the driver to pytest, one subcommand per file tool_<name>.c.
 * A subcommand gets what follows its name and returns the exit status.
 */
#pragma once

#include <jansson.h>

struct tool {
    const char *name;
    int (*run)(int argc, char **argv);
};

extern const struct tool tool_deny_ns;
extern const struct tool tool_deny_personality;
extern const struct tool tool_known_wheel;
extern const struct tool tool_names;
extern const struct tool tool_pep508;
extern const struct tool tool_wheel_zip;

/* One JSON value a line on stdin, the answer to each a line on stdout. An exit status. */
int tool_answer_lines(json_t *(*answer)(const json_t *request));
