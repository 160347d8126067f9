/* The specification of a sandbox as JSON, and the checks that need no file. */
#include "sandbox/spec.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/path.h"
#include "base/str.h"

static const char *const mode_names[] = {
    [SANDBOX_NAMESPACES] = "namespaces",
    [SANDBOX_LOCKED] = "locked",
    [SANDBOX_MAPPED] = "mapped",
};

const char *sandbox_mode_name(enum sandbox_mode mode)
{
    return mode_names[mode];
}

bool sandbox_mode_parse(const char *name, enum sandbox_mode *ret_mode)
{
    for (size_t i = 0; i < ARRAY_SIZE(mode_names); i++) {
        if (strcmp(name, mode_names[i]) == 0) {
            *ret_mode = (enum sandbox_mode)i;
            return true;
        }
    }
    return false;
}

/* The string fields by name: reading, writing and freeing all go by this table. */
enum text_rule { TEXT_PATH, TEXT_COMPONENT };

static const struct text_field {
    const char *name;
    size_t offset;
    enum text_rule rule;
} text_fields[] = {
    {"root", offsetof(struct sandbox_spec, root), TEXT_PATH},
    {"dir", offsetof(struct sandbox_spec, dir), TEXT_COMPONENT},
    {"env_hash", offsetof(struct sandbox_spec, env_hash), TEXT_COMPONENT},
    {"env_host", offsetof(struct sandbox_spec, env_host), TEXT_PATH},
    {"work_host", offsetof(struct sandbox_spec, work_host), TEXT_PATH},
    {"archive_host", offsetof(struct sandbox_spec, archive_host), TEXT_PATH},
    {"jobserver_host", offsetof(struct sandbox_spec, jobserver_host), TEXT_PATH},
    {"cgroup", offsetof(struct sandbox_spec, cgroup), TEXT_PATH},
};

static const struct flag_field {
    const char *name;
    size_t offset;
} flag_fields[] = {
    {"tmpfs", offsetof(struct sandbox_spec, tmpfs)},
    {"network", offsetof(struct sandbox_spec, network)},
    {"fetch", offsetof(struct sandbox_spec, fetch)},
    {"settled", offsetof(struct sandbox_spec, settled)},
};

static char **text_of(const struct sandbox_spec *spec, const struct text_field *field)
{
    return (char **)((char *)(uintptr_t)spec + field->offset);
}

static bool *flag_of(const struct sandbox_spec *spec, const struct flag_field *field)
{
    return (bool *)((char *)(uintptr_t)spec + field->offset);
}

static bool is_component(const char *name)
{
    return path_is_safe_member(name, strlen(name)) && !strchr(name, '/') && strlen(name) < 256;
}

static int wrong(struct err *err, const char *name)
{
    return err_set(err, ERR_PROTOCOL, "sandbox specification: wrong '%s'", name);
}

static int read_texts(const json_t *json, struct sandbox_spec *spec, struct err *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(text_fields); i++) {
        const struct text_field *field = &text_fields[i];
        const json_t *value = json_object_get(json, field->name);
        if (!value || json_is_null(value))
            continue;
        auto_free char *text = json_bytes_value(value);
        if (!text || !(field->rule == TEXT_PATH ? path_is_normal(text) : is_component(text)))
            return wrong(err, field->name);
        *text_of(spec, field) = steal(&text);
    }
    return 0;
}

static int read_flags(const json_t *json, struct sandbox_spec *spec, struct err *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(flag_fields); i++) {
        const json_t *value = json_object_get(json, flag_fields[i].name);
        if (value && !json_is_boolean(value))
            return wrong(err, flag_fields[i].name);
        *flag_of(spec, &flag_fields[i]) = json_is_true(value);
    }
    return 0;
}

static int read_size(const json_t *json, const char *name, uint64_t *ret_size, struct err *err)
{
    const json_t *value = json_object_get(json, name);

    if (value && (!json_is_integer(value) || json_integer_value(value) < 0))
        return wrong(err, name);
    *ret_size = (uint64_t)json_integer_value(value);
    return 0;
}

/* Takes over the path. */
static void add_bind(struct sandbox_spec *spec, char *path, bool writable)
{
    VEC_GROW(&spec->binds);
    struct sandbox_bind *bind = &spec->binds.items[spec->binds.count++];
    bind->path = path;
    bind->writable = writable;
}

static int read_paths(const json_t *json, const char *name, struct strv *ret_paths, struct err *err)
{
    size_t i;
    const json_t *item;

    json_array_foreach(json_object_get(json, name), i, item)
    {
        auto_free char *path = json_bytes_value(item);
        if (!path || !path_is_normal(path))
            return wrong(err, name);
        strv_push(ret_paths, path);
    }
    return 0;
}

static int read_lists(const json_t *json, struct sandbox_spec *spec, struct err *err)
{
    size_t i;
    const json_t *item;

    json_array_foreach(json_object_get(json, "binds"), i, item)
    {
        auto_free char *path = json_bytes_in(item, "path");
        if (!path || !path_is_normal(path))
            return wrong(err, "binds");
        add_bind(spec, steal(&path), json_is_true(json_object_get(item, "writable")));
    }
    int ret = sandbox_trees_from_json(json_object_get(json, "trees"), &spec->trees, err);
    if (ret == 0)
        ret = read_paths(json, "hide", &spec->hide, err);
    return ret == 0 ? read_paths(json, "without", &spec->without, err) : ret;
}

static int check_whole(const struct sandbox_spec *spec, struct err *err)
{
    if (!spec->root)
        return wrong(err, "root");
    if (!spec->dir || strcmp(spec->dir, SANDBOX_ENV_DIR) == 0)
        return wrong(err, "dir");
    if (spec->env_host && !spec->env_hash)
        return wrong(err, "env_hash");
    bool needs_work =
        spec->mode == SANDBOX_MAPPED || (spec->mode == SANDBOX_NAMESPACES && !spec->tmpfs);
    if (needs_work && !spec->work_host)
        return wrong(err, "work_host");
    return 0;
}

int sandbox_spec_from_json(const json_t *json, struct sandbox_spec *ret_spec, struct err *err)
{
    auto_sandbox_spec struct sandbox_spec spec = SANDBOX_SPEC_INIT;
    const char *mode = json_string_value(json_object_get(json, "mode"));
    int ret;

    if (!mode || !sandbox_mode_parse(mode, &spec.mode))
        return wrong(err, "mode");
    if ((ret = read_texts(json, &spec, err)) < 0 || (ret = read_flags(json, &spec, err)) < 0 ||
        (ret = read_size(json, "tmpfs_bytes", &spec.tmpfs_bytes, err)) < 0 ||
        (ret = read_size(json, "processes_max", &spec.processes_max, err)) < 0 ||
        (ret = read_size(json, "tree_copy_max", &spec.tree_copy_max, err)) < 0 ||
        (ret = read_lists(json, &spec, err)) < 0 || (ret = check_whole(&spec, err)) < 0)
        return ret;
    *ret_spec = spec;
    spec = (struct sandbox_spec)SANDBOX_SPEC_INIT;
    return 0;
}

static json_t *list_of(const struct strv *paths)
{
    json_t *list = json_array();

    for (size_t i = 0; i < paths->count; i++)
        (void)json_array_append_new(list, json_bytes(paths->items[i]));
    return list;
}

json_t *sandbox_spec_to_json(const struct sandbox_spec *spec)
{
    json_t *json = json_object();
    json_t *binds = json_array();

    (void)json_object_set_new(json, "mode", json_string(sandbox_mode_name(spec->mode)));
    for (size_t i = 0; i < ARRAY_SIZE(text_fields); i++) {
        const char *text = *text_of(spec, &text_fields[i]);
        if (text)
            (void)json_object_set_new(json, text_fields[i].name, json_bytes(text));
    }
    for (size_t i = 0; i < ARRAY_SIZE(flag_fields); i++)
        (void)json_object_set_new(json, flag_fields[i].name,
                                  json_boolean(*flag_of(spec, &flag_fields[i])));
    (void)json_object_set_new(json, "tmpfs_bytes", json_integer((json_int_t)spec->tmpfs_bytes));
    (void)json_object_set_new(json, "processes_max", json_integer((json_int_t)spec->processes_max));
    (void)json_object_set_new(json, "tree_copy_max", json_integer((json_int_t)spec->tree_copy_max));
    for (size_t i = 0; i < spec->binds.count; i++)
        (void)json_array_append_new(binds, json_pack("{s:o, s:b}", "path",
                                                     json_bytes(spec->binds.items[i].path),
                                                     "writable", spec->binds.items[i].writable));
    (void)json_object_set_new(json, "trees", sandbox_trees_to_json(&spec->trees));
    (void)json_object_set_new(json, "binds", binds);
    (void)json_object_set_new(json, "hide", list_of(&spec->hide));
    (void)json_object_set_new(json, "without", list_of(&spec->without));
    return json;
}

void sandbox_spec_release(struct sandbox_spec *spec)
{
    for (size_t i = 0; i < ARRAY_SIZE(text_fields); i++)
        free(*text_of(spec, &text_fields[i]));
    for (size_t i = 0; i < spec->binds.count; i++)
        free(spec->binds.items[i].path);
    free(spec->binds.items);
    sandbox_trees_release(&spec->trees);
    strv_release(&spec->hide);
    strv_release(&spec->without);
    *spec = (struct sandbox_spec)SANDBOX_SPEC_INIT;
}
