/*
 * The shape of a command: one file cmd_<name>.c with one `const struct cmd`, which main.c finds.
 * Its table of options is the only source of the parser, of --help and of the list in the man page.
 *
 * A run function gets an options object of its own type (options_size bytes, zeroed before it is
 * filled from the command line). Strings in it point into argv; lists are released by the run
 * function. It returns the exit status of the process.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"
#include "output/exit_status.h"

enum opt_kind {
    OPT_HEADING,    /* no option: its `help` is a title in --help */
    OPT_FLAG,       /* bool */
    OPT_COUNT,      /* int, one more each time it is given */
    OPT_STRING,     /* const char *; the last value counts */
    OPT_LIST,       /* struct strv; each value is added */
    OPT_INT,        /* int, from min to INT_MAX */
    OPT_SECONDS,    /* int64_t milliseconds; the value is in seconds and may have a fraction */
    OPT_PASS,       /* struct strv; "--name" is added */
    OPT_PASS_VALUE, /* struct strv; "--name" and its value are added */
    OPT_NOTHING     /* accepted because scripts use it, with `value` also its value; no effect */
};

struct opt {
    enum opt_kind kind;
    char letter;       /* 0: none */
    const char *name;  /* without the dashes */
    size_t offset;     /* of the field in the options object */
    const char *value; /* the value's name in --help; NULL for flags */
    const char *help;
    int min; /* for OPT_INT */
};

/*
 * Rows of a table. `field_` is a member of the command's options object; each command defines
 * FIELD(member) as its offset.
 */
#define OPTION_VALUE(kind_, letter_, name_, field_, value_, help_)                                 \
    {                                                                                              \
        .kind = OPT_##kind_, .letter = (letter_), .name = (name_), .offset = FIELD(field_),        \
        .value = (value_), .help = (help_)                                                         \
    }
#define OPTION(kind_, letter_, name_, field_, help_)                                               \
    OPTION_VALUE(kind_, letter_, name_, field_, NULL, help_)
#define OPTION_JOBS(field_, help_)                                                                 \
    {                                                                                              \
        .kind = OPT_INT, .letter = 'j', .name = "jobs", .offset = FIELD(field_), .value = "N",     \
        .min = 1, .help = (help_)                                                                  \
    }

struct cmd {
    const char *name;
    const char *arguments; /* "[REQ]..." */
    const char *summary;   /* one line */
    const char *about;     /* a paragraph for --help; may be NULL */
    const struct opt *options;
    size_t option_count;
    size_t options_size;
    bool takes_prefixes; /* long options may be cut to a unique prefix, as callers in Bazel do */
    int (*run)(void *options, int argc, char **argv); /* argv: what is left, without the name */
};

/*
 * Parses argv (argv[0] is the first argument) by the table. Options go to `options`, all other
 * arguments to `ret_rest`. A long option is written whole, unless the command takes prefixes; its
 * value is given as "--name value" or "--name=value"; after "--" there are only arguments. -h and
 * --help set *ret_help. ERR_USAGE, with the nearest options as hint when there is none of a name.
 */
int cmd_parse(const struct cmd *cmd, int argc, char **argv, void *options, struct strv *ret_rest,
              bool *ret_help, struct err *err);

/* Parses argv, then runs the command or prints its help; returns the exit status. */
int cmd_dispatch(const struct cmd *cmd, int argc, char **argv);

/* Prints the error on stderr and returns the exit status for its code. */
int cmd_fail(const struct err *err);
/* The same for a wrong command line, with a hint at --help unless there is a better one. */
int cmd_fail_usage(const struct cmd *cmd, struct err *err);
void cmd_print_help(const struct cmd *cmd);
