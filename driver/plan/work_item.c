#include "plan/work_item.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"

static char *copy_or_null(const char *s)
{
    return s ? xstrdup(s) : NULL;
}

void wheel_file_copy(struct wheel_file *to, const struct wheel_file *from)
{
    *to = *from;
    to->name = copy_or_null(from->name);
    to->path = copy_or_null(from->path);
    to->project = copy_or_null(from->project);
    to->version = copy_or_null(from->version);
    to->url = copy_or_null(from->url);
}

void wheel_file_release(struct wheel_file *file)
{
    free(file->name);
    free(file->path);
    free(file->project);
    free(file->version);
    free(file->url);
}

void wheel_files_release(struct wheel_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        wheel_file_release(&files->items[i]);
    free(files->items);
    *files = (struct wheel_files){0};
}

static void add_list(struct str *key, const char *name, const struct strv *list)
{
    str_addf(key, "%s\n", name);
    for (size_t i = 0; i < list->count; i++)
        str_addf(key, "\t%s\n", list->items[i]);
}

struct env *env_new(struct strv *requires, const json_t *source, struct env *base)
{
    auto_str struct str key = STR_INIT;
    struct env *env = xcalloc(1, sizeof(*env));

    env->lease = (struct lock)LOCK_INIT;
    strv_sort(requires);
    env->requires = *requires;
    *requires = (struct strv)STRV_INIT;
    json_add_strings(json_object_get(source, "finder_args"), &env->finder_args);
    env->isolated = !json_is_false(json_object_get(source, "isolated"));
    env->base = base;
    str_addf(&key, "isolated %d base %s\n", env->isolated, base ? base->key : "");
    add_list(&key, "requires", &env->requires);
    add_list(&key, "finder", &env->finder_args);
    env->key = str_detach(&key);
    return env;
}

char *build_key(const json_t *source)
{
    static const char *const fields[] = {
        "sha256", "subdirectory", "requires",        "backend",     "backend_path",
        "dir",    "local",        "config_settings", "finder_args", "isolated"};
    json_t *key = json_object();

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        (void)json_object_set(key, fields[i], json_object_get(source, fields[i]));
    char *text = json_dumps(key, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(key);
    return text ? text : xstrdup("");
}

static char *label_of(const json_t *source)
{
    const char *name = json_text(source, "name"), *version = json_text(source, "version");

    if (!name[0])
        return xstrdup(json_text(source, "dir"));
    return version[0] ? xasprintf("%s %s", name, version) : xstrdup(name);
}

struct build *build_new(json_t *source)
{
    struct build *build = xcalloc(1, sizeof(*build));

    build->key = build_key(source);
    build->label = label_of(source);
    build->dir = xstrdup(json_text(source, "dir"));
    build->source = json_incref(source);
    if (json_string_value(json_object_get(source, "metadata")))
        build->metadata = xstrdup(json_text(source, "metadata"));
    return build;
}

void build_free(struct build *build)
{
    free(build->key);
    free(build->label);
    free(build->dir);
    json_decref(build->source);
    free(build->metadata);
    free(build->phase);
    free(build->log_path);
    free(build->crates);
    json_decref(build->installed);
    err_release(&build->err);
    wheel_file_release(&build->wheel);
    free(build);
}

void env_free(struct env *env)
{
    free(env->key);
    strv_release(&env->requires);
    strv_release(&env->finder_args);
    err_release(&env->err);
    wheel_files_release(&env->wheels);
    free(env->needs);
    free(env->path);
    lock_release(&env->lease);
    free(env);
}
