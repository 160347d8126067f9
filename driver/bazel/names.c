/* Names of Bazel repositories, targets and requirements, and Starlark strings. */
#include "bazel/names.h"

#include <string.h>

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static void add_mapped(struct str *out, const char *text, const char *from)
{
    for (; *text; text++)
        str_addch(out, strchr(from, *text) ? '_' : *text);
}

char *bazel_repository_name(const char *name, const struct wheel_name *wheel)
{
    auto_str struct str out = STR_INIT;

    str_addf(&out, "%s_pypi__", name);
    add_mapped(&out, wheel->dist, "-.+!");
    str_addch(&out, '_');
    add_mapped(&out, wheel->version, "-.+!");
    return str_detach(&out);
}

char *bazel_extra_target(const char *extra)
{
    bool taken = strcmp(extra, "pkg") == 0 || strcmp(extra, "BUILD") == 0;

    return xasprintf("%s%s", extra, taken ? "__extra" : "");
}

char *bazel_key(const char *dist, const char *extra)
{
    auto_str struct str out = STR_INIT;

    add_mapped(&out, dist, "-");
    if (extra)
        str_addf(&out, "[%s]", extra);
    for (size_t i = 0; i < out.len; i++)
        out.buf[i] = lower(out.buf[i]);
    return str_detach(&out);
}

char *bazel_normalize_key(const char *key)
{
    auto_str struct str out = STR_INIT;
    bool gap = false;

    for (; *key; key++) {
        if (strchr("-_.", *key)) {
            gap = out.len > 0;
            continue;
        }
        if (gap)
            str_addch(&out, '_');
        gap = false;
        str_addch(&out, lower(*key));
    }
    return str_detach(&out);
}

void starlark_quote(struct str *out, const char *text)
{
    str_addch(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            str_addch(out, '\\');
        if (*text == '\n')
            str_add(out, "\\n");
        else if (*text == '\r')
            str_add(out, "\\r");
        else
            str_addch(out, *text);
    }
    str_addch(out, '"');
}

bool bazel_is_repository_name(const char *text)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-~+";

    return text[0] && !text[strspn(text, allowed)];
}
