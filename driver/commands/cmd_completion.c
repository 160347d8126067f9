/* `truewheel completion`: scripts by which shells complete its command line, from all tables. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "commands/commands.h"
#include "commands/table.h"

/* ----------------------------------------------------------------------------- what can stand where */

enum wanted { WANTED_NOTHING, WANTED_OTHER, WANTED_FILE, WANTED_DIR, WANTED_WORD };

/* The words of "bash|zsh|fish"; false for names of values, which have capitals. */
static bool split_words(const char *value, struct strv *ret_words)
{
    if (!strchr(value, '|'))
        return false;
    for (const char *p = value; *p; p++)
        if (!islower((unsigned char)*p) && *p != '|')
            return false;
    strv_split(ret_words, value, "|");
    return true;
}

/* What the value called so in --help is; `words`: those that it can be. */
static enum wanted wanted_as(const char *value, struct strv *ret_words)
{
    static const char *const files[] = {"FILE", "PATH", "WHERE", "WHEEL", "REQUIREMENT"};

    if (!value || !value[0])
        return WANTED_NOTHING;
    if (split_words(value, ret_words))
        return WANTED_WORD;
    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        if (strstr(value, files[i]))
            return WANTED_FILE;
    return strstr(value, "DIR") ? WANTED_DIR : WANTED_OTHER;
}

static void list_commands(struct strv *ret_names)
{
    for (const struct cmd *const *at = command_table; *at; at++)
        strv_push(ret_names, (*at)->name);
}

/* The arguments of a command that are no options. */
static enum wanted wanted_by(const struct cmd *cmd, struct strv *ret_words)
{
    if (str_eq(cmd->arguments, "[COMMAND]")) {
        list_commands(ret_words);
        return WANTED_WORD;
    }
    if (str_eq(cmd->arguments, "A B"))
        return WANTED_FILE;
    return cmd->arguments[0] == '-' ? WANTED_NOTHING : wanted_as(cmd->arguments, ret_words);
}

static void add_joined(struct str *out, const struct strv *words)
{
    for (size_t i = 0; i < words->count; i++)
        str_addf(out, "%s%s", i ? " " : "", words->items[i]);
}

/* For a string in single quotes; `quote` is what stands for such a quote, `special` gets a backslash. */
static void add_escaped(struct str *out, const char *text, const char *quote, const char *special)
{
    for (const char *p = text; *p; p++) {
        if (*p == '\'') {
            str_add(out, quote);
            continue;
        }
        if (strchr(special, *p))
            str_addch(out, '\\');
        str_addch(out, *p);
    }
}

/* --------------------------------------------------------------------------------------------- bash */

/* "files", "directories", "none" or the words. */
static void add_bash_kind(struct str *out, enum wanted wanted, const struct strv *words)
{
    str_addch(out, '\'');
    if (wanted == WANTED_WORD)
        add_joined(out, words);
    else
        str_add(out, wanted == WANTED_FILE  ? "files"
                     : wanted == WANTED_DIR ? "directories"
                                            : "none");
    str_addch(out, '\'');
}

static void add_bash_options(struct str *out, const struct cmd *cmd)
{
    str_add(out, "        options='");
    for (size_t i = 0; i < cmd->option_count; i++) {
        const struct opt *opt = &cmd->options[i];
        if (opt->letter)
            str_addf(out, "-%c ", opt->letter);
        if (opt->name)
            str_addf(out, "--%s ", opt->name);
    }
    str_add(out, "-h --help'\n");
}

/* Which options want a value, and of what kind. */
static void add_bash_values(struct str *out, const struct cmd *cmd)
{
    str_add(out, "        case $option in\n");
    for (size_t i = 0; i < cmd->option_count; i++) {
        auto_strv struct strv words = STRV_INIT;
        const struct opt *opt = &cmd->options[i];
        enum wanted wanted = wanted_as(opt->value, &words);
        if (wanted == WANTED_NOTHING)
            continue;
        str_add(out, "        ");
        if (opt->letter)
            str_addf(out, "-%c%s", opt->letter, opt->name ? " | " : "");
        str_addf(out, "%s%s) kind=", opt->name ? "--" : "", opt->name ? opt->name : "");
        add_bash_kind(out, wanted, &words);
        str_add(out, " ;;\n");
    }
    str_add(out, "        esac\n");
}

static const char bash_begin[] =
    "# Completion of truewheel for bash, made by: truewheel completion bash\n"
    "_truewheel()\n"
    "{\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local options='' arguments='' kind=''\n"
    "\n"
    "    COMPREPLY=()\n"
    "    # --option=value is three words to bash.\n"
    "    if [[ $cur == '=' ]]; then\n"
    "        cur=''\n"
    "    elif [[ $option == '=' ]]; then\n"
    "        option=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    fi\n"
    "    ((COMP_CWORD > 1)) || option=''\n"
    "    case $((COMP_CWORD > 1)):${COMP_WORDS[1]} in\n";

static const char bash_end[] =
    "    0:*) options='-h --help --version' arguments=$commands ;;\n"
    "    esac\n"
    "    if [[ -z $kind && $cur == -* ]]; then\n"
    "        kind=$options\n"
    "    fi\n"
    "    case ${kind:=$arguments} in\n"
    "    none) ;;\n"
    "    files | directories)\n"
    "        compopt -o filenames 2>/dev/null\n"
    "        [[ $kind == files ]] && kind=-f || kind=-d\n"
    "        mapfile -t COMPREPLY < <(compgen \"$kind\" -- \"$cur\")\n"
    "        ;;\n"
    "    *) mapfile -t COMPREPLY < <(compgen -W \"$kind\" -- \"$cur\") ;;\n"
    "    esac\n"
    "}\n"
    "complete -F _truewheel truewheel\n";

static void write_bash(struct str *out)
{
    auto_strv struct strv names = STRV_INIT;

    list_commands(&names);
    str_add(out, bash_begin);
    for (const struct cmd *const *at = command_table; *at; at++) {
        auto_strv struct strv words = STRV_INIT;
        enum wanted wanted = wanted_by(*at, &words);
        str_addf(out, "    1:%s)\n", (*at)->name);
        add_bash_options(out, *at);
        str_add(out, "        arguments=");
        add_bash_kind(out, wanted, &words);
        str_add(out, "\n");
        add_bash_values(out, *at);
        str_add(out, "        ;;\n");
    }
    const char *at = strstr(bash_end, "$commands");
    str_append(out, bash_end, (size_t)(at - bash_end));
    str_addch(out, '\'');
    add_joined(out, &names);
    str_addf(out, "'%s", at + strlen("$commands"));
}

/* ---------------------------------------------------------------------------------------------- zsh */

static void add_zsh_action(struct str *out, enum wanted wanted, const struct strv *words)
{
    if (wanted == WANTED_WORD) {
        str_add(out, "(");
        add_joined(out, words);
        str_add(out, ")");
        return;
    }
    str_add(out, wanted == WANTED_FILE ? "_files" : wanted == WANTED_DIR ? "_files -/" : "( )");
}

/* One specification of _arguments: '*'{-r+,--requirement=}'[help]:FILE:_files' */
static void add_zsh_option(struct str *out, const struct opt *opt)
{
    auto_strv struct strv words = STRV_INIT;
    enum wanted wanted = wanted_as(opt->value, &words);
    const char *letter_end = wanted ? "+" : "", *name_end = wanted ? "=" : "";

    str_add(out, " \\\n            '*'");
    if (opt->letter && opt->name)
        str_addf(out, "{-%c%s,--%s%s}", opt->letter, letter_end, opt->name, name_end);
    else if (opt->letter)
        str_addf(out, "-%c%s", opt->letter, letter_end);
    else
        str_addf(out, "--%s%s", opt->name, name_end);
    str_add(out, "'[");
    add_escaped(out, opt->help, "'\\''", "[]:\\");
    str_add(out, "]");
    if (wanted) {
        str_add(out, ":");
        add_escaped(out, opt->value, "'\\''", ":\\");
        str_add(out, ":");
        add_zsh_action(out, wanted, &words);
    }
    str_add(out, "'");
}

static void add_zsh_command(struct str *out, const struct cmd *cmd)
{
    auto_strv struct strv words = STRV_INIT;
    enum wanted wanted = wanted_by(cmd, &words);

    str_addf(out, "    %s)\n        _arguments -S", cmd->name);
    for (size_t i = 0; i < cmd->option_count; i++)
        if (cmd->options[i].kind != OPT_HEADING)
            add_zsh_option(out, &cmd->options[i]);
    str_add(out, " \\\n            '(-)'{-h,--help}'[show this help and exit]'");
    if (wanted) {
        str_add(out, " \\\n            '*:argument:");
        add_zsh_action(out, wanted, &words);
        str_add(out, "'");
    }
    str_add(out, "\n        ;;\n");
}

static void write_zsh(struct str *out)
{
    str_add(out, "#compdef truewheel\n"
                 "# Completion of truewheel for zsh, made by: truewheel completion zsh\n"
                 "local -a commands\n"
                 "if ((CURRENT == 2)); then\n"
                 "    commands=(\n");
    for (const struct cmd *const *at = command_table; *at; at++) {
        str_addf(out, "        '%s:", (*at)->name);
        add_escaped(out, (*at)->summary, "'\\''", "\\");
        str_add(out, "'\n");
    }
    str_add(out, "    )\n"
                 "    [[ $PREFIX == -* ]] && commands=(--help --version)\n"
                 "    _describe command commands\n"
                 "    return\n"
                 "fi\n"
                 "shift words\n"
                 "((CURRENT--))\n"
                 "case $words[1] in\n");
    for (const struct cmd *const *at = command_table; *at; at++)
        add_zsh_command(out, *at);
    str_add(out, "esac\n");
}

/* --------------------------------------------------------------------------------------------- fish */

static void add_fish_words(struct str *out, const struct strv *words)
{
    str_add(out, " -a '");
    add_joined(out, words);
    str_add(out, "'");
}

static void add_fish_option(struct str *out, const struct cmd *cmd, const struct opt *opt)
{
    auto_strv struct strv words = STRV_INIT;
    enum wanted wanted = wanted_as(opt->value, &words);

    str_addf(out, "complete -c truewheel -n '__truewheel_runs %s'", cmd->name);
    if (opt->letter)
        str_addf(out, " -s %c", opt->letter);
    if (opt->name)
        str_addf(out, " -l %s", opt->name);
    if (wanted)
        str_add(out, wanted == WANTED_FILE ? " -r -F" : " -x");
    if (wanted == WANTED_DIR)
        str_add(out, " -a '(__fish_complete_directories (commandline -ct))'");
    else if (wanted == WANTED_WORD)
        add_fish_words(out, &words);
    str_add(out, " -d '");
    add_escaped(out, opt->help, "\\'", "\\");
    str_add(out, "'\n");
}

static void add_fish_command(struct str *out, const struct cmd *cmd)
{
    auto_strv struct strv words = STRV_INIT;
    enum wanted wanted = wanted_by(cmd, &words);

    str_addf(out, "complete -c truewheel -n '__truewheel_runs' -f -a %s -d '", cmd->name);
    add_escaped(out, cmd->summary, "\\'", "\\");
    str_add(out, "'\n");
    if (wanted != WANTED_FILE) {
        str_addf(out, "complete -c truewheel -n '__truewheel_runs %s' -f", cmd->name);
        if (wanted == WANTED_WORD)
            add_fish_words(out, &words);
        str_add(out, "\n");
    }
    for (size_t i = 0; i < cmd->option_count; i++)
        if (cmd->options[i].kind != OPT_HEADING)
            add_fish_option(out, cmd, &cmd->options[i]);
}

static void write_fish(struct str *out)
{
    str_add(out,
            "# Completion of truewheel for fish, made by: truewheel completion fish\n"
            "function __truewheel_runs --description 'whether the command is this one, or none'\n"
            "    set -l words (commandline -opc)\n"
            "    test \"$words[2]\" = \"$argv[1]\"\n"
            "end\n"
            "complete -c truewheel -n '__truewheel_runs' -f -l version -d 'show the version'\n"
            "complete -c truewheel -s h -l help -d 'show help and exit'\n");
    for (const struct cmd *const *at = command_table; *at; at++)
        add_fish_command(out, *at);
}

/* ---------------------------------------------------------------------------------------- the command */

static const struct shell {
    const char *name;
    void (*write)(struct str *out);
} shells[] = {{"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}};

static int run(void *opaque UNUSED, int argc, char **argv)
{
    auto_err struct err err = ERR_INIT;
    auto_str struct str out = STR_INIT;

    for (size_t i = 0; argc == 1 && i < ARRAY_SIZE(shells); i++)
        if (str_eq(shells[i].name, argv[0]))
            shells[i].write(&out);
    if (!out.len) {
        (void)err_set(&err, ERR_USAGE, "completion wants one of bash, zsh, fish%s%s",
                      argc ? ", not " : "", argc ? argv[0] : "");
        return cmd_fail_usage(&cmd_completion, &err);
    }
    if (fwrite(out.buf, 1, out.len, stdout) == out.len && fflush(stdout) == 0)
        return EXIT_DONE;
    (void)err_errno(&err, errno, "cannot write to stdout");
    return cmd_fail(&err);
}

const struct cmd cmd_completion = {
    .name = "completion",
    .arguments = "bash|zsh|fish",
    .summary = "Print a script by which a shell completes commands and options.",
    .about = "An installation has all three where shells look for them; for others, bash takes\n"
             "eval \"$(truewheel completion bash)\" in ~/.bashrc.",
    .run = run,
};
