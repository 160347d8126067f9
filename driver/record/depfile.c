/* Makefile rules. */
#include "record/depfile.h"

#include <string.h>

/*
 * No quoting makes these part of a name, here and there: ';' begins a recipe, '=' makes the rule an
 * assignment, '%' a pattern, '|' and a tab end a name.
 */
static const char impossible[] = "\n\r\t;=%|";
static const char quoted[] = " #:*?[";

/* The character that cannot be written, NULL: none. */
static const char *find_impossible(const char *name)
{
    const char *found = strpbrk(name, impossible);

    if (found)
        return found;
    for (const char *p = strchr(name, '\\'); p; p = strchr(p + 1, '\\'))
        if (!p[1] || strchr(quoted, p[1])) /* it would quote what comes behind it */
            return p;
    if (str_ends(name, "&")) /* "&:" is a rule of another kind */
        return name + strlen(name) - 1;
    return str_ends(name, ")") ? strchr(name, '(') : NULL; /* a member of an archive */
}

int depfile_check_name(const char *name, struct err *err)
{
    const char *found = find_impossible(name);
    const char *shown = found && *found == '\n' ? "a newline" : "a tab";

    if (!found)
        return 0;
    if (*found > ' ')
        (void)err_set(err, ERR_USAGE, "--depfile: make reads no name with '%c' there: '%s'", *found,
                      name);
    else
        (void)err_set(err, ERR_USAGE, "--depfile: make reads no name with %s: '%s'", shown, name);
    err_hint(err, "rename it, or leave --depfile out");
    return -ERR_USAGE;
}

static void add_name(struct str *out, const char *name)
{
    if (name[0] == '~')
        str_add(out, "./");
    for (; *name; name++) {
        if (strchr(quoted, *name))
            str_addch(out, '\\');
        if (*name == '$')
            str_addch(out, '$');
        str_addch(out, *name);
    }
}

static int check_names(const struct strv *names, struct err *err)
{
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < names->count; i++)
        ret = depfile_check_name(names->items[i], err);
    return ret;
}

int depfile_write(const struct strv *targets, const struct strv *inputs, struct str *out,
                  struct err *err)
{
    int ret = check_names(targets, err);

    if (ret == 0)
        ret = check_names(inputs, err);
    if (ret < 0)
        return ret;
    for (size_t i = 0; i < targets->count; i++) {
        str_add(out, i ? " \\\n  " : "");
        add_name(out, targets->items[i]);
    }
    str_addch(out, ':');
    for (size_t i = 0; i < inputs->count; i++) {
        str_add(out, " \\\n    ");
        add_name(out, inputs->items[i]);
    }
    str_addch(out, '\n');
    for (size_t i = 0; i < inputs->count; i++) {
        str_addch(out, '\n');
        add_name(out, inputs->items[i]);
        str_add(out, ":\n");
    }
    return 0;
}
