/*
 * The shape of a command: one file cmd_<name>.c, one `const struct cmd` with a table of options,
 * found by main.c. The table is the only source of parsing and of --help, and the man page's option
 * list is checked against it.
 *
 * A run function gets a zeroed options object of its own type (options_size bytes), filled from the
 * command line; strings in it point into argv, lists are owned by the caller and released by it.
 * It returns the exit status of the process.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"

/* What the process says to its caller (design.md, section 7); 128+n for signal n beside these. */
enum exit_status { EXIT_DONE = 0, EXIT_BUILD = 1, EXIT_USAGE = 2, EXIT_ENVIRONMENT = 3 };

enum opt_kind {
    OPT_HEADING,    /* only a title in --help: uses `help` */
    OPT_FLAG,       /* bool */
    OPT_COUNT,      /* int, one more each time it is given */
    OPT_STRING,     /* const char *, the last one wins */
    OPT_LIST,       /* struct strv, each one is added */
    OPT_INT,        /* int, from min to INT_MAX */
    OPT_SECONDS,    /* int64_t milliseconds; the value is in seconds and may have a fraction */
    OPT_PASS,       /* struct strv: "--name" is added as it is given */
    OPT_PASS_VALUE, /* struct strv: "--name" and its value are added */
    OPT_NOTHING     /* taken, because scripts give it; neither it nor its value has an effect */
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
 * Rows of a table. `field_` is a member of the command's own options: each file says by FIELD(member)
 * where that is.
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
    int (*run)(void *options, int argc, char **argv); /* argv: what is left, without the name */
};

/*
 * Parses argv (argv[0] is the first argument) against the table into `options` and leaves what is no
 * option in `ret_rest`. Long options may be cut to a unique prefix and take "--name value" or
 * "--name=value"; "--" ends them. Fails with ERR_USAGE. Sets *ret_help on -h and --help.
 */
int cmd_parse(const struct cmd *cmd, int argc, char **argv, void *options, struct strv *ret_rest,
              bool *ret_help, struct err *err);

/* Parses, then runs or prints help; what main does once it has found the command. */
int cmd_dispatch(const struct cmd *cmd, int argc, char **argv);

/* Prints "truewheel: message", the detail and the hint on stderr; the exit status for the code. */
int cmd_fail(const struct err *err);
enum exit_status cmd_exit_status(int code);
/* The same for a command line that is wrong: the hint names the help. */
int cmd_fail_usage(const struct cmd *cmd, struct err *err);

void cmd_print_help(const struct cmd *cmd);
