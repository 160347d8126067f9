/* The compiler of the builds: what it says it is, and what its files are. */
#include "inputs/compiler.h"

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/str.h"
#include "system/capture.h"
#include "inputs/hook_env.h"

/* The value that builds get of a variable, or `otherwise`. */
static const char *asked(const struct strv *extra, const char *variable, const char *otherwise)
{
    const char *value = getenv(variable);
    size_t len = strlen(variable);

    for (size_t i = 0; i < extra->count; i++)
        if (str_starts(extra->items[i], variable) && extra->items[i][len] == '=')
            value = extra->items[i] + len + 1;
    return value && value[0] ? value : otherwise;
}

/* Others lie below a build's directory, which is not there yet. */
static bool is_absolute(const char *path)
{
    return path[0] == '/';
}

char *program_find(const char *name, const char *search_path)
{
    return find_executable(search_path, name, is_absolute);
}

char *program_first_line(const char *path, char *const argv[], int stop_fd)
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

    strv_split(&words, asked(extra, "CC", "cc"), " \t");
    strv_push(&words, "--version");
    auto_free char *path = program_find(words.items[0], hook_env_path(extra));
    return path ? program_first_line(path, words.items, stop_fd) : xstrdup("");
}

/* ----------------------------------------------------------------------------------------- key */

struct tools {
    const struct strv *extra;
    const char *path; /* that builds search */
    int stop_fd;
    struct digests *digests; /* may be NULL */
    struct key *key;
};

static int add_file(const struct tools *t, const char *what, const char *path, struct err *err)
{
    char hex[SHA256_HEX];
    auto_free char *real = realpath(path, NULL);
    int ret = real ? digests_of_file(t->digests, real, hex, err) : 0;

    if (ret == 0)
        key_addf(t->key, what, "%s %s", path, real ? hex : "(not there)");
    return ret;
}

/*
 * What stands behind a compiler that did not come as a package: it says where, with the name alone for
 * what it has not.
 */
static int add_parts(const struct tools *t, const char *compiler, struct err *err)
{
    static const char *const parts[] = {"cc1", "cc1plus", "f951", "collect2", "lto1", "as", "ld"};
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(parts); i++) {
        auto_free char *question = xasprintf("-print-prog-name=%s", parts[i]);
        char *argv[] = {(char *)compiler, question, NULL};
        auto_free char *answer = program_first_line(compiler, argv, t->stop_fd);
        if (is_absolute(answer))
            ret = add_file(t, parts[i], answer, err);
    }
    return ret;
}

static bool is_of_package(const char *path)
{
    auto_free char *real = realpath(path, NULL);

    return real && str_starts(real, "/usr/") && !str_starts(real, "/usr/local/");
}

/* A variable may name a program with arguments, and a program before it ("ccache gcc -m32"). */
static int add_tool(const struct tools *t, const char *variable, const char *otherwise,
                    bool is_compiler, struct err *err)
{
    auto_strv struct strv words = STRV_INIT;
    auto_free char *what = xasprintf("tool %s", variable);
    bool found = false;
    int ret = 0;

    strv_split(&words, asked(t->extra, variable, otherwise), " \t");
    for (size_t i = 0; ret == 0 && i < words.count; i++) {
        auto_free char *path = program_find(words.items[i], t->path);
        if (!path)
            continue;
        found = true;
        ret = add_file(t, what, path, err);
        if (ret == 0 && is_compiler && !is_of_package(path))
            ret = add_parts(t, path, err);
    }
    if (ret == 0 && !found)
        key_add(t->key, what, "none");
    return ret;
}

int compiler_key(const struct strv *extra, struct digests *digests, int stop_fd,
                 struct key *ret_key, struct err *err)
{
    static const struct {
        const char *variable, *otherwise;
        bool is_compiler;
    } tools[] = {
        {"CC", "cc", true},  {"CXX", "c++", true}, {"FC", "gfortran", true},  {"LD", "ld", false},
        {"AS", "as", false}, {"AR", "ar", false},  {"STRIP", "strip", false},
    };
    const struct tools t = {extra, hook_env_path(extra), stop_fd, digests, ret_key};
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(tools); i++)
        ret = add_tool(&t, tools[i].variable, tools[i].otherwise, tools[i].is_compiler, err);
    return ret;
}
