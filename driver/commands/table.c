/* The table of all commands, and what to say to a word that is none of them. */
#include "commands/table.h"

#include <ctype.h>
#include <string.h>

#include "base/near.h"
#include "base/str.h"
#include "commands/commands.h"

const struct cmd *const command_table[] = {
    &cmd_wheel, &cmd_lock,    &cmd_download, &cmd_settings,        &cmd_cache, &cmd_normalize,
    &cmd_diff,  &cmd_check,   &cmd_verify,   &cmd_doctor,          &cmd_index, &cmd_completion,
    &cmd_help,  &cmd_piptool, &cmd_whltool,  &cmd_wheel_installer, NULL,
};

void command_print_usage(FILE *out)
{
    (void)fprintf(out, "usage: truewheel COMMAND [OPTION]... [ARGUMENT]...\n\n"
                       "Builds Python wheels: the same bytes from the same inputs.\n\ncommands:\n");
    for (const struct cmd *const *at = command_table; *at; at++)
        (void)fprintf(out, "  %-15s %s\n", (*at)->name, (*at)->summary);
    (void)fprintf(out, "\nexit status:\n");
    for (size_t i = 0; i < exit_count; i++)
        (void)fprintf(out, "  %-15d %s\n", (int)exit_table[i].status, exit_table[i].meaning);
    (void)fprintf(out, "  %-15s %s\n", "128+N", "ended by signal N");
    (void)fprintf(out,
                  "\n'truewheel help COMMAND' tells more; 'truewheel --version' the version.\n");
}

const struct cmd *command_find(const char *name)
{
    for (const struct cmd *const *at = command_table; *at; at++)
        if (str_eq((*at)->name, name))
            return *at;
    return NULL;
}

/* What other programs call it. */
static const char *command_of_others(const char *word)
{
    static const struct {
        const char *word, *command;
    } others[] = {
        {"build", "wheel"}, {"bdist_wheel", "wheel"}, {"compile", "lock"},
        {"freeze", "lock"}, {"lint", "check"},        {"compare", "diff"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        if (str_eq(others[i].word, word))
            return others[i].command;
    return NULL;
}

/* As a shell takes it without quotes. */
static bool is_plain(const char *text)
{
    for (const char *p = text; *p; p++)
        if (!isalnum((unsigned char)*p) && !strchr("-_.,/@=+:", *p))
            return false;
    return text[0] != '\0';
}

/* "truewheel wheel psutil numpy", for what is no command but may be a requirement. */
static void add_wheel_line(int argc, char **argv, struct str *out)
{
    str_add(out, "truewheel wheel");
    if (argv[0][0] != '-' && str_ends(argv[0], ".txt"))
        str_add(out, " -r");
    for (int i = 0; i < argc; i++) {
        if (!is_plain(argv[i]) || out->len > 120) {
            str_add(out, " …");
            return;
        }
        str_addf(out, " %s", argv[i]);
    }
}

static bool wheel_has_option(const char *word)
{
    size_t len = strcspn(word, "=");

    for (size_t i = 0; i < cmd_wheel.option_count; i++) {
        const struct opt *opt = &cmd_wheel.options[i];
        if (word[1] != '-' ? opt->letter && opt->letter == word[1]
                           : opt->name && strlen(opt->name) == len - 2 &&
                                 strncmp(opt->name, word + 2, len - 2) == 0)
            return true;
    }
    return false;
}

static int unknown_option(int argc, char **argv, struct err *err)
{
    auto_str struct str line = STR_INIT;
    struct near near;

    if (wheel_has_option(argv[0])) {
        int ret = err_set(err, ERR_USAGE, "'%s' stands before a command", argv[0]);
        add_wheel_line(argc, argv, &line);
        err_hint(err, "options come after the command: %s", line.buf);
        return ret;
    }
    int ret = err_set(err, ERR_USAGE, "unknown option '%s'", argv[0]);
    near_init(&near, argv[0], strlen(argv[0]));
    near_offer(&near, "--help");
    near_offer(&near, "--version");
    near_add_names(&near, "", &line);
    if (near.count)
        err_hint(err, "did you mean %s?", line.buf);
    else
        err_hint(err, "truewheel --help lists the commands");
    return ret;
}

int command_unknown(int argc, char **argv, struct err *err)
{
    auto_str struct str line = STR_INIT;
    const char *word = argv[0], *other = command_of_others(word);
    struct near near;

    if (word[0] == '-')
        return unknown_option(argc, argv, err);
    int ret = err_set(err, ERR_USAGE, "unknown command '%s'", word);
    near_init(&near, word, strlen(word));
    for (const struct cmd *const *at = command_table; *at; at++)
        near_offer(&near, (*at)->name);
    if (other) {
        err_hint(err, "here that is truewheel %s", other);
    } else if (near.count) {
        near_add_names(&near, "truewheel ", &line);
        err_hint(err, "did you mean %s?", line.buf);
    } else if (str_eq(word, "install")) {
        err_hint(err, "truewheel wheel makes wheels; pip install --no-index --find-links DIR "
                      "installs them");
    } else {
        add_wheel_line(argc, argv, &line);
        err_hint(err, "to build wheels: %s; truewheel --help lists the commands", line.buf);
    }
    return ret;
}
