/* Makefile rules. */
#include "record/depfile.h"

/* make's quoting of a file name in a rule. */
static void add_name(struct str *out, const char *name)
{
    for (; *name; name++) {
        if (*name == ' ' || *name == '#' || *name == '\\')
            str_addch(out, '\\');
        if (*name == '$')
            str_addch(out, '$');
        str_addch(out, *name);
    }
}

void depfile_write(const struct strv *targets, const struct strv *inputs, struct str *out)
{
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
}
