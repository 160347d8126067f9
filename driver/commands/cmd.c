/* Parses command lines by a table of options, prints help and errors. */
#include "commands/cmd.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/near.h"
#include "base/num.h"
#include "base/str.h"
#include "display/ci.h"
#include "run/stopping.h"

static bool takes_value(const struct opt *opt)
{
    switch (opt->kind) {
    case OPT_STRING:
    case OPT_LIST:
    case OPT_INT:
    case OPT_SECONDS:
    case OPT_PASS_VALUE:
        return true;
    case OPT_NOTHING:
        return opt->value != NULL;
    default:
        return false;
    }
}

static int unknown_long(const struct cmd *cmd, const char *name, size_t len, struct err *err)
{
    auto_str struct str names = STR_INIT;
    struct near near;
    int ret = err_set(err, ERR_USAGE, "unknown option '--%.*s'", (int)len, name);

    near_init(&near, name, len);
    for (size_t i = 0; i < cmd->option_count; i++)
        if (cmd->options[i].name)
            near_offer(&near, cmd->options[i].name);
    near_offer(&near, "help");
    near_add_names(&near, "--", &names);
    if (near.count)
        err_hint(err, "did you mean %s? truewheel %s --help lists all", names.buf, cmd->name);
    return ret;
}

static int find_long(const struct cmd *cmd, const char *name, size_t len,
                     const struct opt **ret_opt, struct err *err)
{
    const struct opt *found = NULL;
    bool ambiguous = false;

    for (size_t i = 0; i < cmd->option_count; i++) {
        const struct opt *opt = &cmd->options[i];
        if (!opt->name || strncmp(opt->name, name, len) != 0)
            continue;
        if (strlen(opt->name) == len) {
            *ret_opt = opt;
            return 0;
        }
        ambiguous = found != NULL;
        found = opt;
    }
    if (!found || !cmd->takes_prefixes)
        return err_negative(unknown_long(cmd, name, len, err));
    if (ambiguous)
        return err_set(err, ERR_USAGE, "option '--%.*s' is ambiguous", (int)len, name);
    *ret_opt = found;
    return 0;
}

static const struct opt *find_letter(const struct cmd *cmd, char letter)
{
    for (size_t i = 0; i < cmd->option_count; i++)
        if (cmd->options[i].letter == letter)
            return &cmd->options[i];
    return NULL;
}

/* Sets the field of the option; `value` is NULL for options that have none. */
static int set_option(const struct opt *opt, void *options, const char *value, struct err *err)
{
    void *field = (char *)options + opt->offset;

    switch (opt->kind) {
    case OPT_FLAG:
        *(bool *)field = true;
        return 0;
    case OPT_COUNT:
        ++*(int *)field;
        return 0;
    case OPT_STRING:
        *(const char **)field = value;
        return 0;
    case OPT_LIST:
        strv_push(field, value);
        return 0;
    case OPT_INT:
        if (!parse_int(value, opt->min, INT_MAX, field))
            return err_set(err, ERR_USAGE, "option '--%s' wants a number of at least %d, not '%s'",
                           opt->name, opt->min, value);
        return 0;
    case OPT_SECONDS:
        if (!parse_seconds_ms(value, field))
            return err_set(err, ERR_USAGE, "option '--%s' wants seconds, not '%s'", opt->name,
                           value);
        return 0;
    case OPT_PASS_VALUE:
        strv_pushf(field, "--%s", opt->name);
        strv_push(field, value);
        return 0;
    case OPT_PASS:
        strv_pushf(field, "--%s", opt->name);
        return 0;
    case OPT_NOTHING:
        return 0;
    case OPT_HEADING:
        break;
    }
    BUG("option kind");
}

struct cursor {
    int argc;
    char **argv;
    int at;
};

static int parse_long(const struct cmd *cmd, struct cursor *c, void *options, struct err *err)
{
    const char *name = c->argv[c->at] + 2;
    size_t len = strcspn(name, "=");
    const char *value = name[len] == '=' ? name + len + 1 : NULL;
    const struct opt *opt;

    int ret = find_long(cmd, name, len, &opt, err);
    if (ret < 0)
        return ret;
    if (!takes_value(opt)) {
        if (value)
            return err_set(err, ERR_USAGE, "option '--%s' takes no value", opt->name);
    } else if (!value) {
        if (c->at + 1 >= c->argc)
            return err_set(err, ERR_USAGE, "option '--%s' wants a value", opt->name);
        value = c->argv[++c->at];
    }
    return set_option(opt, options, value, err);
}

static int parse_letters(const struct cmd *cmd, struct cursor *c, void *options, bool *ret_help,
                         struct err *err)
{
    for (const char *p = c->argv[c->at] + 1; *p; p++) {
        const struct opt *opt = find_letter(cmd, *p);
        if (!opt && *p == 'h') {
            *ret_help = true;
            return 0;
        }
        if (!opt)
            return err_set(err, ERR_USAGE, "unknown option '-%c'", *p);
        if (!takes_value(opt)) {
            int ret = set_option(opt, options, NULL, err);
            if (ret < 0)
                return ret;
            continue;
        }
        const char *value = p[1] ? p + 1 : NULL;
        if (!value && c->at + 1 >= c->argc)
            return err_set(err, ERR_USAGE, "option '-%c' wants a value", *p);
        return set_option(opt, options, value ? value : c->argv[++c->at], err);
    }
    return 0;
}

int cmd_parse(const struct cmd *cmd, int argc, char **argv, void *options, struct strv *ret_rest,
              bool *ret_help, struct err *err)
{
    struct cursor c = {.argc = argc, .argv = argv};
    bool only_arguments = false;

    for (; c.at < argc && !*ret_help; c.at++) {
        const char *arg = argv[c.at];
        int ret = 0;
        if (only_arguments || arg[0] != '-' || !arg[1])
            strv_push(ret_rest, arg);
        else if (strcmp(arg, "--") == 0)
            only_arguments = true;
        else if (strcmp(arg, "--help") == 0)
            *ret_help = true;
        else if (arg[1] == '-')
            ret = parse_long(cmd, &c, options, err);
        else
            ret = parse_letters(cmd, &c, options, ret_help, err);
        if (ret < 0)
            return ret;
    }
    return 0;
}

static void print_option(const struct opt *opt)
{
    auto_str struct str left = STR_INIT;

    if (opt->kind == OPT_HEADING) {
        (void)printf("\n%s:\n", opt->help);
        return;
    }
    if (opt->letter && opt->name)
        str_addf(&left, "-%c, --%s", opt->letter, opt->name);
    else if (opt->letter)
        str_addf(&left, "-%c", opt->letter);
    else
        str_addf(&left, "    --%s", opt->name);
    if (opt->value)
        str_addf(&left, " %s", opt->value);
    if (left.len > 30)
        (void)printf("  %s\n  %-31s%s\n", left.buf, "", opt->help);
    else
        (void)printf("  %-30s %s\n", left.buf, opt->help);
}

void cmd_print_help(const struct cmd *cmd)
{
    (void)printf("usage: truewheel %s [OPTION]... %s\n\n%s\n", cmd->name, cmd->arguments,
                 cmd->summary);
    if (cmd->about)
        (void)printf("\n%s\n", cmd->about);
    if (!cmd->option_count || cmd->options[0].kind != OPT_HEADING)
        (void)printf("\noptions:\n");
    for (size_t i = 0; i < cmd->option_count; i++)
        print_option(&cmd->options[i]);
    (void)printf("  %-30s %s\n", "-h, --help", "show this help and exit");
}

int cmd_fail(const struct err *err)
{
    ci_begin_quote();
    err_print(err);
    ci_end_quote();
    return (int)exit_status_of(err->code);
}

int cmd_fail_usage(const struct cmd *cmd, struct err *err)
{
    if (!err->hint)
        err_hint(err, "truewheel %s --help lists the options", cmd->name);
    return cmd_fail(err);
}

/* Of a third signal. Not with stdio, which another thread may hold. */
static void end_at_once(int signal)
{
    static const char said[] = "truewheel: ended at once; the next run removes what is left\n";

    (void)!write(STDERR_FILENO, said, sizeof(said) - 1);
    _exit(128 + signal);
}

int cmd_dispatch(const struct cmd *cmd, int argc, char **argv)
{
    auto_err struct err err = ERR_INIT;
    auto_strv struct strv rest = STRV_INIT;
    auto_free void *options = xcalloc(1, cmd->options_size ? cmd->options_size : 1);
    bool help = false;

    stopping_set_end(end_at_once);
    if (cmd_parse(cmd, argc, argv, options, &rest, &help, &err) < 0)
        return cmd_fail_usage(cmd, &err);
    if (help) {
        cmd_print_help(cmd);
        return EXIT_DONE;
    }
    return cmd->run(options, (int)rest.count, rest.items);
}
