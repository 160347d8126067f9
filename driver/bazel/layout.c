/* Lays a wheel out for Bazel: unpacks it, adds what the rules expect, writes metadata.json. */
#include "bazel/layout.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "system/publish.h"
#include "wheel/unpack.h"
#include "wheel/wheel_deps.h"
#include "wheel/wheel_name.h"
#include "bazel/names.h"
#include "bazel/platform_deps.h"
#include "bazel/record_file.h"
#include "bazel/scripts.h"
#include "bazel/target.h"
#include "bazel/undo.h"

/* --------------------------------------------------------------------------------- target names */

struct placement {
    const char *dist_info; /* "<name>-<version>.dist-info" */
    const char *data_dir;  /* "<name>-<version>.data" */
    struct str name;       /* the last result of target_name() */
};

static const struct {
    const char *scheme, *directory;
} schemes[] = {
    {"purelib/", "site-packages/"},
    {"platlib/", "site-packages/"},
    {"headers/", "include/"},
    {"scripts/", "bin/"},
    {"data/", "data/"},
};

/* Where an entry of the wheel is written (until the next call); NULL: nowhere. */
static const char *target_name(void *arg, const struct wheel_entry *entry)
{
    struct placement *p = arg;
    size_t len = strlen(p->data_dir);

    str_reset(&p->name);
    if (bazel_record_replaces(p->dist_info, entry->name))
        return NULL;
    if (strncmp(entry->name, p->data_dir, len) != 0 || entry->name[len] != '/') {
        str_addf(&p->name, "site-packages/%s", entry->name);
        return p->name.buf;
    }
    for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
        const char *rest = entry->name + len + 1;
        if (!str_starts(rest, schemes[i].scheme))
            continue;
        str_addf(&p->name, "%s%s", schemes[i].directory, rest + strlen(schemes[i].scheme));
        return p->name.buf;
    }
    return NULL; /* no installer knows that scheme */
}

/* --------------------------------------------------------------------------- namespace packages */

/* A directory of site-packages that can be imported; a regular package has an __init__.py. */
struct package_dir {
    char *name; /* "site-packages/a/b" */
    bool regular;
};

struct package_dirs {
    struct package_dir *items;
    size_t count;
    size_t cap;
};

static struct package_dir *find_dir(struct package_dirs *dirs, const char *name, size_t len)
{
    for (size_t i = dirs->count; i-- > 0;)
        if (strncmp(dirs->items[i].name, name, len) == 0 && !dirs->items[i].name[len])
            return &dirs->items[i];
    VEC_GROW(dirs);
    dirs->items[dirs->count] = (struct package_dir){.name = xstrndup(name, len)};
    return &dirs->items[dirs->count++];
}

static bool is_module(const char *base)
{
    return str_ends(base, ".py") || str_ends(base, ".pyc") || str_ends(base, ".so") ||
           str_ends(base, ".pyd");
}

/* A module makes its directory a package, and every directory above it up to site-packages. */
static void add_packages_of(struct package_dirs *dirs, const char *name)
{
    static const char root[] = "site-packages/";

    if (!str_starts(name, root) || !is_module(path_base(name)))
        return;
    const char *slash = strrchr(name, '/');
    bool init = strcmp(slash + 1, "__init__.py") == 0;
    for (size_t len = (size_t)(slash - name); len > strlen(root) - 1;) {
        struct package_dir *dir = find_dir(dirs, name, len);
        dir->regular = dir->regular || (init && name + len == slash);
        while (len > 0 && name[--len] != '/')
            ;
    }
}

/*
 * Bazel links the directories of all wheels into one path. There the parts that several wheels have
 * of one namespace package are joined only when each has an __init__.py in the style of pkgutil.
 */
static int write_inits(const struct package_dirs *dirs, const char *directory,
                       struct strv *ret_written, struct err *err)
{
    static const char text[] =
        "# Makes this directory a namespace package for Bazel, which has several of its name.\n"
        "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n";

    for (size_t i = 0; i < dirs->count; i++) {
        auto_free char *path = NULL;
        auto_free char *name = path_join(dirs->items[i].name, "__init__.py");
        if (dirs->items[i].regular)
            continue;
        path = path_join(directory, name);
        auto_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (fd < 0)
            return err_errno(err, errno, "cannot create '%s'", name);
        int ret = write_full(fd, text, sizeof(text) - 1);
        if (ret < 0)
            return err_errno(err, -ret, "cannot write '%s'", name);
        strv_push(ret_written, name);
    }
    return 0;
}

static int add_namespace_inits(struct wheel_zip *z, struct placement *p, const char *directory,
                               struct strv *ret_written, struct err *err)
{
    struct package_dirs dirs = {0};
    size_t count;
    const struct wheel_entry *entries = wheel_zip_entries(z, &count);

    for (size_t i = 0; i < count; i++) {
        const char *name = target_name(p, &entries[i]);
        if (name)
            add_packages_of(&dirs, name);
    }
    int ret = write_inits(&dirs, directory, ret_written, err);
    for (size_t i = 0; i < dirs.count; i++)
        free(dirs.items[i].name);
    free(dirs.items);
    return ret;
}

/* -------------------------------------------------------------------------------- metadata.json */

/* The extras in "project[extras]" at the start of the requirement, if that is for this project. */
static void requested_extras(const char *requirement, const char *project, struct strv *out)
{
    size_t name_len = strcspn(requirement, "[ \t<>=!~;@(");
    const char *open = requirement + name_len + strspn(requirement + name_len, " \t");
    auto_free char *name = xstrndup(requirement, name_len);

    if (*open != '[' || !wheel_dist_equal(name, project))
        return;
    auto_free char *list = xstrndup(open + 1, strcspn(open + 1, "]"));
    strv_split(out, list, ", \t");
}

static int find_deps(const struct bazel_install *install, const struct wheel_deps *deps,
                     json_t **ret_deps, json_t **ret_select, struct err *err)
{
    auto_marker_env struct marker_env env = MARKER_ENV_INIT;
    auto_strv struct strv extras = STRV_INIT;

    int ret = bazel_target(NULL, &env, NULL, err);
    if (ret < 0)
        return ret;
    requested_extras(install->requirement + strspn(install->requirement, " \t"), deps->name,
                     &extras);
    return platform_deps(deps, &env, &extras, install->platforms, ret_deps, ret_select, err);
}

static int add_dependencies(const struct bazel_install *install, struct wheel_zip *z,
                            json_t *metadata, struct err *err)
{
    auto_wheel_deps struct wheel_deps deps = WHEEL_DEPS_INIT;
    json_t *list = NULL, *select = NULL;

    int ret = wheel_deps_read(&deps, z, err);
    if (ret == 0)
        ret = find_deps(install, &deps, &list, &select, err);
    if (ret == 0) {
        auto_free char *name = wheel_dist_canonical(deps.name);
        json_t *found = json_pack("{s:s, s:s, s:O, s:O}", "name", name, "version", deps.version,
                                  "deps", list, "deps_by_platform", select);
        if (!found)
            ret = err_set(err, ERR_FORMAT, "its metadata is no UTF-8");
        json_object_update(metadata, found);
        json_decref(found);
    }
    json_decref(list);
    json_decref(select);
    return ret;
}

static int make_metadata(const struct bazel_install *install, struct wheel_zip *z,
                         json_t **ret_metadata, struct err *err)
{
    json_t *points = NULL;
    int ret = 0;

    *ret_metadata = json_object();
    if (!install->entry_points_only)
        ret = add_dependencies(install, z, *ret_metadata, err);
    if (ret == 0)
        ret = bazel_scripts_list(z, &points, err);
    if (ret == 0)
        json_object_set_new(*ret_metadata, "entry_points", points);
    return ret;
}

static int write_metadata(json_t *metadata, const char *directory, struct err *err)
{
    auto_free char *path = path_join(directory, "metadata.json");
    auto_free char *text = json_dumps(metadata, JSON_ENSURE_ASCII);

    return publish_bytes(path, text, strlen(text), err);
}

/* ------------------------------------------------------------------------------------ unpacking */

static int convert_scripts(struct wheel_zip *z, struct placement *p, int dirfd, struct err *err)
{
    auto_free char *scripts = xasprintf("%s/scripts/", p->data_dir);
    size_t count;
    const struct wheel_entry *entries = wheel_zip_entries(z, &count);
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < count; i++) {
        auto_str struct str text = STR_INIT;
        if (!str_starts(entries[i].name, scripts))
            continue;
        ret = bazel_scripts_convert(z, &entries[i], &text, err);
        if (ret == 0 && text.len)
            ret = wheel_unpack_text(dirfd, target_name(p, &entries[i]), &text,
                                    entries[i].executable, err);
    }
    return ret;
}

static void list_entries(const struct wheel_zip *z, struct placement *p, struct strv *ret_written)
{
    size_t count;
    const struct wheel_entry *entries = wheel_zip_entries(z, &count);

    for (size_t i = 0; i < count; i++) {
        const char *name = target_name(p, &entries[i]);
        if (name)
            strv_push(ret_written, name);
    }
}

/* All that this layout has. */
static const char *const top_names[] = {"site-packages", "bin", "include", "data"};

static int unpack(const struct bazel_install *install, struct wheel_zip *z, const char *directory,
                  struct err *err)
{
    const char *dist_info;
    int ret = wheel_zip_dist_info(z, &dist_info, err);

    if (ret < 0)
        return ret;
    size_t stem = strlen(dist_info) - strlen(".dist-info");
    auto_free char *data_dir = xasprintf("%.*s.data", (int)stem, dist_info);
    struct placement p = {.dist_info = dist_info, .data_dir = data_dir, .name = STR_INIT};
    auto_strv struct strv written = STRV_INIT;
    struct bazel_undo undo = {0};
    auto_close int dirfd = -1;
    ret = wheel_unpack_open(directory, &dirfd, err);
    for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(top_names); i++)
        bazel_undo_note(&undo, dirfd, top_names[i]);
    if (ret == 0)
        ret = bazel_scripts_write(z, dirfd, &written, err);
    if (ret == 0)
        ret = wheel_unpack(z, dirfd, target_name, &p, err);
    if (ret == 0)
        ret = convert_scripts(z, &p, dirfd, err);
    if (ret == 0 && install->add_namespace_inits)
        ret = add_namespace_inits(z, &p, directory, &written, err);
    if (ret == 0) {
        list_entries(z, &p, &written);
        ret = bazel_record_write(dirfd, dist_info, &written, err);
    }
    bazel_undo_finish(&undo, dirfd, ret);
    str_release(&p.name);
    return ret;
}

int bazel_install_run(const struct bazel_install *install, const char *directory, struct err *err)
{
    auto_wheel_zip struct wheel_zip *z = NULL;
    auto_close int fd = open(install->whl, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    json_t *metadata = NULL;

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", install->whl);
    int ret = wheel_zip_open(fd, &z, err);
    if (ret == 0)
        ret = make_metadata(install, z, &metadata, err);
    if (ret == 0)
        ret = unpack(install, z, directory, err);
    if (ret == 0)
        ret = write_metadata(metadata, directory, err);
    json_decref(metadata);
    return ret < 0 ? err_wrap(err, "'%s'", install->whl) : 0;
}
