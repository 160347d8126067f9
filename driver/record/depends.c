/* Lists the files that the wheels of a run depend on. */
#include "record/depends.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "inputs/settings_place.h"

/* ----------------------------------------------------------------------------------- by options */

static void add_file(const char *name, struct strv *ret)
{
    auto_free char *of_url = path_of_url(name);
    struct stat st;

    if (!of_url && strstr(name, "://"))
        return; /* another machine's */
    const char *path = of_url ? of_url : name;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        log_warn("--depfile leaves out '%s': it is no regular file", path);
    else
        strv_push(ret, path);
}

/* "[PATH:]GROUP", as pip splits it. */
static void add_group(const char *text, struct strv *ret)
{
    const char *colon = strrchr(text, ':');
    auto_free char *path = colon ? xstrndup(text, (size_t)(colon - text)) : NULL;

    strv_push(ret, path && path[0] ? path : "pyproject.toml");
}

void depends_list_named(const struct wheel_options *options, struct strv *ret)
{
    static const char *const named[] = {"--requirement", "--constraint",
                                        "--requirements-from-script"};
    const struct strv *args = &options->pip_args;

    for (size_t i = 0; i + 1 < args->count && !str_eq(args->items[i], "--"); i++) {
        if (str_eq(args->items[i], "--group"))
            add_group(args->items[i + 1], ret);
        for (size_t k = 0; k < ARRAY_SIZE(named); k++)
            if (str_eq(args->items[i], named[k]))
                add_file(args->items[i + 1], ret);
    }
    for (size_t i = 0; i < options->build_constraints.count; i++)
        add_file(options->build_constraints.items[i], ret);
}

/* --------------------------------------------------------------------------------------- trees */

struct tree_list {
    const char *root;
    const struct strv *outputs;
    struct strv *ret;
    size_t left; /* how many more are listed */
};

static bool is_of_version_control(const char *name)
{
    return str_eq(name, ".git") || str_eq(name, ".hg") || str_eq(name, ".svn");
}

/* With the wheels' directory above the tree, or as the tree, not everything there is an output. */
static bool is_output(const struct tree_list *l, const char *path)
{
    for (size_t i = 0; i < l->outputs->count; i++) {
        const char *output = l->outputs->items[i];
        if (path_is_below(path, output) && !path_is_below(l->root, output))
            return true;
    }
    return false;
}

/* Its time changes with every run. */
static bool holds_output(const struct tree_list *l, const char *path)
{
    bool holds = false;

    for (size_t i = 0; i < l->outputs->count && !holds; i++) {
        auto_free char *dir = path_dir(l->outputs->items[i]);
        holds = str_eq(dir, path);
    }
    return holds;
}

static void add_tree(struct tree_list *l, const char *path);

static void add_entry(struct tree_list *l, const char *path)
{
    struct stat st;

    if (!l->left || is_output(l, path) || lstat(path, &st) < 0)
        return;
    bool dir = S_ISDIR(st.st_mode);
    /* make would take a link to nothing for new whenever it looks. */
    bool listed = S_ISLNK(st.st_mode) ? stat(path, &st) == 0 && S_ISREG(st.st_mode)
                                      : S_ISREG(st.st_mode) || dir;
    if (listed && !(dir && holds_output(l, path))) {
        strv_push(l->ret, path);
        l->left--;
    }
    if (dir)
        add_tree(l, path);
}

static void add_tree(struct tree_list *l, const char *path)
{
    auto_strv struct strv names = STRV_INIT;
    auto_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0 || list_dir(fd, 0, &names, NULL) < 0)
        return; /* what we may not read, a build may not either */
    for (size_t i = 0; i < names.count && l->left; i++) {
        auto_free char *below = path_join(path, names.items[i]);
        if (!is_of_version_control(names.items[i]))
            add_entry(l, below);
    }
}

/* ------------------------------------------------------------------------------------ the whole */

static void add_source(struct tree_list *l, const char *url)
{
    auto_free char *path = url ? path_of_url(url) : NULL;
    auto_free char *real = path ? realpath(path, NULL) : NULL;

    l->root = real;
    if (real)
        add_entry(l, real);
}

/* Patches and files that the settings name, wherever they are. */
static void add_named(struct tree_list *l, const char *dir, const json_t *list)
{
    const json_t *item;
    size_t i;

    json_array_foreach(list, i, item)
    {
        auto_free char *path = path_join(dir, json_text(item, "name"));
        auto_free char *real = realpath(path, NULL);
        if (real)
            strv_push(l->ret, real);
    }
}

/* The settings file, the directory of patches beside it, which counts as a whole, and what it names. */
static void add_settings(struct tree_list *l, const struct wheel_options *options,
                         const struct run_record *record)
{
    struct settings_place place = {0};

    if (settings_place_find(options, &place, NULL) == 0 && place.path) {
        auto_free char *dir = path_dir(place.path);
        auto_free char *patches = path_join(dir, "patches");
        strv_push(l->ret, place.path);
        l->root = patches;
        add_entry(l, patches);
        for (size_t i = 0; i < record->wheels.count; i++) {
            const struct record_build *build = record->wheels.items[i].build;
            const json_t *settings = build ? build->settings : NULL;
            add_named(l, dir, json_object_get(settings, "patches"));
            add_named(l, dir, json_object_get(settings, "add_files"));
        }
    }
    settings_place_release(&place);
}

static void drop_doubles(struct strv *names)
{
    size_t kept = 0;

    strv_sort(names);
    for (size_t i = 0; i < names->count; i++) {
        if (kept && str_eq(names->items[kept - 1], names->items[i]))
            free(names->items[i]);
        else
            names->items[kept++] = names->items[i];
    }
    names->count = kept;
    if (names->items)
        names->items[kept] = NULL;
}

void depends_list(const struct wheel_options *options, const struct run_record *record,
                  const struct strv *outputs, struct strv *ret)
{
    struct tree_list list = {.outputs = outputs, .ret = ret, .left = DEPENDS_MAX_FILES};

    depends_list_named(options, ret);
    for (size_t i = 0; i < record->wheels.count; i++) {
        const struct record_item *item = &record->wheels.items[i];
        add_source(&list, item->build ? item->build->source.url : item->url);
    }
    add_settings(&list, options, record);
    if (!list.left)
        log_warn("--depfile names the first %d files and no more", DEPENDS_MAX_FILES);
    drop_doubles(ret);
}
