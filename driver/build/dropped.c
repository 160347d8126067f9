/* Finds the variables that a failed build may have missed. */
#include "build/dropped.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "inputs/hook_env.h"
#include "inputs/mend.h"
#include "inputs/variables.h"

enum { MAX_NAMED = 3, MAX_SHOWN = 200, SHORTEST_IN_OUTPUT = 4 };

/* Every shell has them; their names stand in many an output. */
static const char *const common[] = {"PWD",  "OLDPWD",   "SHLVL",     "HOSTNAME",  "HOST",
                                     "MAIL", "DISPLAY",  "MAKEFLAGS", "MAKELEVEL", "MFLAGS",
                                     "INFO", "COLUMNS",  "LINES",     "EDITOR",    "PAGER",
                                     "LANG", "LANGUAGE", "DEBUG"};

static bool is_common(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(common); i++)
        if (str_eq(name, common[i]))
            return true;
    return str_starts(name, "TRUEWHEEL_") || str_starts(name, "LC_") || str_starts(name, "XDG_");
}

static bool is_word(int c)
{
    return isalnum(c) || c == '_';
}

/* As a word of its own. */
static bool is_in(const char *text, size_t len, const char *name)
{
    size_t name_len = strlen(name);
    const char *end = text + len;

    for (const char *p = text; (p = memmem(p, (size_t)(end - p), name, name_len)); p++) {
        bool begins = p == text || !is_word((unsigned char)p[-1]);
        if (begins && (p + name_len == end || !is_word((unsigned char)p[name_len])))
            return true;
    }
    return false;
}

/* "SOME_PROJECT_" at the start, for some-project. */
static bool is_of_project(const char *name, const char *project)
{
    size_t i = 0;

    for (; project[i]; i++) {
        int c = isalnum((unsigned char)project[i]) ? toupper((unsigned char)project[i]) : '_';
        if (name[i] != c)
            return false;
    }
    return i >= 3 && name[i] == '_';
}

static bool may_be_missed(const char *name, const struct str *output, const struct build *build,
                          const struct err *err)
{
    if (is_common(name))
        return false;
    if (variable_is_of_backend(name, build->source->backend) || is_of_project(name, build->project))
        return !variable_is_secret(name);
    return strlen(name) >= SHORTEST_IN_OUTPUT &&
           (is_in(output->buf, output->len, name) ||
            (err->message && is_in(err->message, strlen(err->message), name)));
}

static bool can_be_shown(const char *name, const char *value)
{
    if (variable_is_secret(name) || strlen(value) > MAX_SHOWN || strchr(value, '@'))
        return false;
    for (const char *p = value; *p; p++)
        if (!isprint((unsigned char)*p))
            return false;
    return true;
}

/* As a shell takes it. A value that is not shown is left to the shell that has it. */
static void add_option(struct str *out, const char *name, const char *value)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,%@^";

    if (!can_be_shown(name, value)) {
        str_addf(out, " --env %s=\"$%s\"", name, name);
        return;
    }
    if (!value[strspn(value, plain)]) {
        str_addf(out, " --env %s=%s", name, value);
        return;
    }
    str_addf(out, " --env '%s=", name);
    for (; *value; value++)
        str_add(out, *value == '\'' ? "'\\''" : (char[]){*value, '\0'});
    str_addch(out, '\'');
}

/* What may be missed, by name: two lists of the same order. */
struct missed {
    struct strv names;
    struct strv values;
};

static void list_missed(const struct str *output, const struct build *build,
                        const struct strv *extra, const struct err *err, struct missed *ret)
{
    extern char **environ;
    auto_strv struct strv all = STRV_INIT;

    for (char **p = environ; *p; p++)
        strv_push(&all, *p);
    strv_sort(&all);
    for (size_t i = 0; i < all.count; i++) {
        const char *equals = strchr(all.items[i], '=');
        if (!hook_env_is_assignment(all.items[i]) || !equals || !equals[1])
            continue;
        auto_free char *name = xstrndup(all.items[i], (size_t)(equals - all.items[i]));
        if (may_be_missed(name, output, build, err) && !hook_env_has(name, extra)) {
            strv_push(&ret->names, name);
            strv_push(&ret->values, equals + 1);
        }
    }
}

static void describe(const struct missed *missed, struct str *out)
{
    size_t count = missed->names.count, shown = count < MAX_NAMED ? count : MAX_NAMED;

    str_add(out, "the build did not get ");
    for (size_t i = 0; i < shown; i++)
        str_addf(out, "%s%s", i ? ", " : "", missed->names.items[i]);
    if (count > shown)
        str_addf(out, " and %zu more", count - shown);
    str_add(out, " of your environment:");
    for (size_t i = 0; i < shown; i++)
        add_option(out, missed->names.items[i], missed->values.items[i]);
}

/* A secret, and what is no text for a file, is for the command line alone. */
static void add_settings(const struct missed *missed, const char *project, struct err *err)
{
    auto_str struct str table = STR_INIT;

    for (size_t i = 0; i < missed->names.count && i < MAX_NAMED; i++) {
        if (!can_be_shown(missed->names.items[i], missed->values.items[i]))
            continue;
        auto_free char *value = toml_string(missed->values.items[i]);
        str_addf(&table, "%s%s = %s", table.len ? ", " : "{ ", missed->names.items[i], value);
    }
    if (!table.len)
        return;
    str_add(&table, " }");
    mend_by_setting(err, project, "env", table.buf);
}

void dropped_hint(const struct str *output, const struct build *build, const struct strv *extra,
                  struct err *err)
{
    struct missed missed = {STRV_INIT, STRV_INIT};
    auto_str struct str text = STR_INIT;

    list_missed(output, build, extra, err, &missed);
    if (missed.names.count) {
        if (err->hint)
            str_addf(&text, "%s; and ", err->hint);
        describe(&missed, &text);
        err_hint(err, "%s", text.buf);
        add_settings(&missed, build->project, err);
    }
    strv_release(&missed.names);
    strv_release(&missed.values);
}
