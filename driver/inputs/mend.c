/* Lines for the settings file. */
#include "inputs/mend.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

char *toml_string(const char *text)
{
    struct str out = STR_INIT;

    str_addch(&out, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            str_addf(&out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            str_addf(&out, "\\u%04X", c);
        else
            str_addch(&out, (char)c);
    }
    str_addch(&out, '"');
    return str_detach(&out);
}

/* TOML takes no key twice. */
static bool has_key_of(const char *lines, const char *line)
{
    auto_free char *key = xasprintf("\n%.*s = ", (int)strcspn(line, " "), line);

    return lines && strstr(lines, key);
}

void mend_by_line(struct err *err, const char *project, const char *line)
{
    auto_str struct str text = STR_INIT;

    if (!project[0] || has_key_of(err->lines, line))
        return;
    if (err->lines) {
        str_add(&text, err->lines);
    } else {
        auto_free char *name = toml_string(project);
        str_addf(&text, "[[package]]\nname = %s\n", name);
    }
    str_addf(&text, "%s\n", line);
    err_lines(err, text.buf);
}

void mend_by_setting(struct err *err, const char *project, const char *key, const char *value)
{
    auto_free char *line = xasprintf("%s = %s", key, value);

    mend_by_line(err, project, line);
}
