/* Reads the Python files of the rules_python that calls. */
#include "bazel/rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/str.h"
#include "base/vec.h"

enum bazel_rules_answer bazel_rules_mention(const char *module, const char *file, const char *text)
{
    enum { MAX_SOURCE = 1 << 20 };
    auto_strv struct strv dirs = STRV_INIT;
    auto_free char *package = xstrdup(module);
    const char *path = getenv("PYTHONPATH");
    char *last = strrchr(package, '.');

    last = last ? last + 1 : package;
    *last = '\0'; /* "a.b." of "a.b.c" */
    for (char *p = package; *p; p++)
        if (*p == '.')
            *p = '/';
    strv_split(&dirs, path ? path : "", ":");
    for (size_t i = 0; i < dirs.count; i++) {
        auto_str struct str source = STR_INIT;
        auto_free char *name = xasprintf("%s/%s%s", dirs.items[i], package, file);
        if (read_file(name, MAX_SOURCE, &source, NULL) == 0)
            return strstr(source.buf, text) ? BAZEL_RULES_YES : BAZEL_RULES_NO;
    }
    return BAZEL_RULES_UNKNOWN;
}
