#include "inputs/compiler.h"

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/str.h"
#include "system/capture.h"
#include "inputs/hook_env.h"

static const char *asked_compiler(const struct strv *extra)
{
    const char *cc = getenv("CC");

    for (size_t i = 0; i < extra->count; i++)
        if (str_starts(extra->items[i], "CC="))
            cc = extra->items[i] + strlen("CC=");
    return cc && cc[0] ? cc : "cc";
}

/* Others lie below a build's directory, which is not there yet. */
static bool is_absolute(const char *path)
{
    return path[0] == '/';
}

/* The program on the builds' PATH, not on the caller's. */
static char *find_program(const char *name, const char *search_path)
{
    return find_executable(search_path, name, is_absolute);
}

/* The first line of what the program prints; "" when it fails. */
static char *first_line(const char *path, char *const argv[], int stop_fd)
{
    struct spawn_spec spec = {.path = path, .argv = argv};
    struct capture_limits limits = {.max_bytes = 65536, .stop_fd = stop_fd};
    auto_str struct str text = STR_INIT;
    int status;

    if (capture_run(&spec, &limits, &text, &status, NULL) < 0 || status != 0)
        return xstrdup("");
    return xstrndup(text.buf, strcspn(text.buf, "\n"));
}

char *compiler_identity(const struct strv *extra, int stop_fd)
{
    auto_strv struct strv words = STRV_INIT;

    strv_split(&words, asked_compiler(extra), " \t");
    strv_push(&words, "--version");
    auto_free char *path = find_program(words.items[0], hook_env_path(extra));
    return path ? first_line(path, words.items, stop_fd) : xstrdup("");
}
