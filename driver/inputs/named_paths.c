/* Finds the toolchains that variables, the interpreter, PATH and the dynamic loader name. */
#include "inputs/named_paths.h"

#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "inputs/hook_env.h"
#include "sandbox/shown.h"

void named_paths_release(struct named_paths *paths)
{
    strv_release(&paths->shown);
    strv_release(&paths->unseen);
}

/* ----------------------------------------------------------------------------------- which count */

bool named_path_is_private(const char *path)
{
    static const char *const tops[] = {"/home", "/root", "/tmp",  "/var", "/run", "/mnt", "/media",
                                       "/srv",  "/boot", "/proc", "/dev", "/sys", "/etc"};
    auto_free char *home = getenv("HOME") ? realpath(getenv("HOME"), NULL) : NULL;

    for (size_t i = 0; i < ARRAY_SIZE(tops); i++)
        if (path_is_below(path, tops[i]))
            return true;
    return home && path_is_below(path, home);
}

/* The part of the path above its first bin, lib, include, …; the path itself when it has none. */
static char *prefix_of(const char *path)
{
    static const char *const parts[] = {"bin",   "sbin",    "lib",     "lib32",
                                        "lib64", "libexec", "include", "share"};
    auto_strv struct strv words = STRV_INIT;
    struct str prefix = STR_INIT;

    strv_split(&words, path, "/");
    for (size_t i = 0; i < words.count; i++) {
        for (size_t j = 0; prefix.len && j < ARRAY_SIZE(parts); j++)
            if (str_eq(words.items[i], parts[j]))
                return str_detach(&prefix);
        str_addf(&prefix, "/%s", words.items[i]);
    }
    return str_detach(&prefix);
}

/* False: it is there, but a build will not see it. */
static bool add_path(const char *path, struct strv *shown)
{
    auto_free char *real = realpath(path, NULL);

    if (!real || sandbox_shows(real) || !real[1])
        return true;
    if (named_path_is_private(real))
        return false;
    auto_free char *prefix = prefix_of(real);
    if (!strv_contains(shown, prefix))
        strv_push(shown, prefix);
    return true;
}

/* ------------------------------------------------------------------------------- who names them */

/* Absolute paths, also behind an option: "gcc -I/opt/include", "/opt/a:/opt/b", "-DX=/opt/x". */
static void add_words(const char *name, const char *value, struct named_paths *paths)
{
    auto_strv struct strv words = STRV_INIT;

    strv_split(&words, value, ": \t\n=,;'\"");
    for (size_t i = 0; i < words.count; i++) {
        const char *word = words.items[i], *path = strchr(word, '/');
        if (!path || (path != word && word[0] != '-') || add_path(path, &paths->shown) || !name)
            continue;
        auto_free char *unseen = xasprintf("%s=%s", name, path);
        if (!strv_contains(&paths->unseen, unseen))
            strv_push(&paths->unseen, unseen);
    }
}

static void add_variables(const struct strv *extra, struct named_paths *paths)
{
    json_t *variables = hook_env_inputs(extra);
    const char *name;
    json_t *value;

    json_object_foreach(variables, name, value) add_words(name, json_string_value(value), paths);
    json_decref(variables);
}

/* One to a name in the same directory leads where that name does, which is looked at as well. */
static bool leaves_directory(int dirfd, const char *name)
{
    char target[PATH_MAX];
    ssize_t len = readlinkat(dirfd, name, target, sizeof(target));

    return len > 0 && memchr(target, '/', (size_t)len);
}

static void add_links_in(const char *path, struct strv *shown)
{
    DIR *dir = opendir(path);

    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        auto_free char *link = path_join(path, entry->d_name);
        if (entry->d_type == DT_LNK && leaves_directory(dirfd(dir), entry->d_name))
            (void)add_path(link, shown); /* what lies in a home is not the system's */
    }
    (void)closedir(dir);
}

static void add_links_on_path(const char *search_path, struct strv *shown)
{
    auto_strv struct strv dirs = STRV_INIT;
    auto_strv struct strv seen = STRV_INIT; /* /bin may be /usr/bin */

    strv_split(&dirs, search_path, ":");
    for (size_t i = 0; i < dirs.count; i++) {
        auto_free char *real = dirs.items[i][0] == '/' ? realpath(dirs.items[i], NULL) : NULL;
        if (!real || strv_contains(&seen, real))
            continue;
        strv_push(&seen, real);
        add_links_in(real, shown);
    }
}

static void add_loader_file(const char *path, struct strv *shown)
{
    auto_str struct str text = STR_INIT;
    auto_strv struct strv lines = STRV_INIT;

    if (read_file(path, 1 << 16, &text, NULL) < 0)
        return;
    strv_split(&lines, text.buf, "\n");
    for (size_t i = 0; i < lines.count; i++)
        if (lines.items[i][0] == '/')
            (void)add_path(lines.items[i], shown);
}

static void add_loader_directories(struct strv *shown)
{
    glob_t found = {0};

    if (glob("/etc/ld.so.conf.d/*.conf", 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            add_loader_file(found.gl_pathv[i], shown);
    globfree(&found);
}

void named_paths_list(const struct strv *extra, const struct strv *named,
                      struct named_paths *ret_paths)
{
    add_variables(extra, ret_paths);
    for (size_t i = 0; i < named->count; i++)
        add_words(NULL, named->items[i], ret_paths);
    add_links_on_path(hook_env_path(extra), &ret_paths->shown);
    add_loader_directories(&ret_paths->shown);
}

void named_paths_of_fetch(struct strv *ret_paths)
{
    static const char *const names[] = {"SSL_CERT_FILE", "SSL_CERT_DIR", "CARGO_HTTP_CAINFO"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const char *path = getenv(names[i]);
        if (path && path[0] == '/' && access(path, R_OK) == 0 && !sandbox_shows(path))
            strv_push(ret_paths, path);
    }
}
