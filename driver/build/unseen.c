/* Looks for a path of this machine in the lines in which a build says that something is not there. */
#include "build/unseen.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "inputs/mend.h"
#include "inputs/named_paths.h"
#include "sandbox/shown.h"

/* As libc, shells, compilers, CMake and Python say it. */
static const char *const signs[] = {
    "o such file",    "ot found",      "annot find", "annot open",    "an't open",
    "does not exist", "doesn't exist", "not exist",  "is not a file", "is not a directory"};

static bool says_missing(const char *line)
{
    for (size_t i = 0; i < ARRAY_SIZE(signs); i++)
        if (strstr(line, signs[i]))
            return true;
    return false;
}

static bool is_shown(const char *path, const struct sandbox_binds *binds)
{
    for (size_t i = 0; i < binds->count; i++)
        if (path_is_below(path, binds->items[i].path))
            return true;
    return sandbox_shows(path);
}

/* The directory below the top one that holds it: "/opt/foo" of "/opt/foo/share/x". */
static char *part_to_show(const char *path)
{
    const char *second = strchr(path + 1, '/');
    const char *third = second ? strchr(second + 1, '/') : NULL;

    return third ? xstrndup(path, (size_t)(third - path)) : xstrdup(path);
}

static void propose(const char *path, const char *real, const char *project, struct err *err)
{
    auto_free char *part = part_to_show(real);
    auto_free char *text = toml_string(part);
    auto_free char *list = xasprintf("[%s]", text);

    err_hint(err, "builds do not see '%s', which is on this machine: --bind %s shows it", path,
             part);
    mend_by_setting(err, project, "bind", list);
}

static bool add_hint(const char *line, const struct sandbox_binds *binds, const char *project,
                     struct err *err)
{
    auto_strv struct strv words = STRV_INIT;

    strv_split(&words, line, " \t'\"`:;,=()[]<>");
    for (size_t i = 0; i < words.count; i++) {
        const char *path = words.items[i] + strcspn(words.items[i], "/"); /* "-I/opt/include" */
        auto_free char *real = path[0] ? realpath(path, NULL) : NULL;
        if (!real || !real[1] || named_path_is_private(real) || is_shown(real, binds))
            continue;
        propose(path, real, project, err);
        return true;
    }
    return false;
}

void unseen_hint(const struct str *output, const struct sandbox_binds *binds, const char *project,
                 struct err *err)
{
    auto_strv struct strv lines = STRV_INIT;

    if (!err || err->hint)
        return;
    strv_push(&lines, err->message);
    strv_split(&lines, output->buf, "\n");
    for (size_t i = 0; i < lines.count; i++)
        if (says_missing(lines.items[i]) && add_hint(lines.items[i], binds, project, err))
            return;
}
