/* A source from the resolver's frame: the one place that knows the frame's fields. */
#include "plan/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/path.h"
#include "base/str.h"

/* ----------------------------------------------------------------------------------- reading */

static int wrong(const char *field, struct err *err)
{
    return err_set(err, ERR_PROTOCOL, "the resolver described a source with a wrong '%s'", field);
}

static int read_texts(const json_t *frame, struct source *source, struct err *err)
{
    const struct {
        const char *name;
        char **to;
    } fields[] = {
        {"name", &source->name},       {"version", &source->version},
        {"dir", &source->dir},         {"sha256", &source->sha256},
        {"url", &source->url},         {"subdirectory", &source->subdirectory},
        {"backend", &source->backend}, {"place", &source->place},
    };

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        *fields[i].to = json_bytes_in(frame, fields[i].name);
        if (!*fields[i].to)
            return wrong(fields[i].name, err);
    }
    return source->dir[0] && source->sha256[0] ? 0 : wrong(source->dir[0] ? "sha256" : "dir", err);
}

static int read_lists(const json_t *frame, struct source *source, struct err *err)
{
    const struct {
        const char *name;
        struct strv *to;
    } fields[] = {
        {"requires", &source->requires},
        {"urls", &source->urls},
        {"backend_path", &source->backend_path},
        {"finder_args", &source->finder_args},
    };

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        const json_t *list = json_object_get(frame, fields[i].name);
        if (!json_is_array(list))
            return wrong(fields[i].name, err);
        json_add_strings(list, fields[i].to);
    }
    return 0;
}

static int read_flags(const json_t *frame, struct source *source, struct err *err)
{
    const struct {
        const char *name;
        bool *to;
    } fields[] = {
        {"isolated", &source->isolated},
        {"check_requires", &source->check_requires},
        {"local", &source->local},
    };

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        const json_t *flag = json_object_get(frame, fields[i].name);
        if (!json_is_boolean(flag))
            return wrong(fields[i].name, err);
        *fields[i].to = json_is_true(flag);
    }
    return 0;
}

static int read_place(const json_t *frame, struct source *source, struct err *err)
{
    source->archive = json_bytes_in(frame, "archive");
    int ret = sandbox_trees_from_json(json_object_get(frame, "trees"), &source->trees, err);
    if (ret < 0)
        return ret;
    if (!source->archive == !source->trees.count)
        return wrong(source->archive ? "trees" : "archive", err);
    return !source->archive || path_is_normal(source->archive) ? 0 : wrong("archive", err);
}

/* Objects that are kept as they are; a repository has a digest, which goes into the key. */
static int read_objects(const json_t *frame, struct source *source, struct err *err)
{
    json_t *repository = json_object_get(frame, "repository");

    if (repository && !json_text(repository, "sha256")[0])
        return wrong("repository", err);
    const json_t *unchanged = json_object_get(frame, "unchanged");
    source->looked_ns = json_integer_value(json_object_get(unchanged, "since_ns"));
    json_add_strings(json_object_get(unchanged, "paths"), &source->looked_at);
    source->repository = json_incref(repository);
    source->expect = json_incref(json_object_get(frame, "expect"));
    source->change = json_incref(json_object_get(frame, "change"));
    return 0;
}

static int read_crates(const json_t *frame, struct source *source, struct err *err)
{
    const json_t *crates = json_object_get(frame, "crates");

    if (!crates)
        return 0;
    source->crates = xcalloc(1, sizeof(*source->crates));
    source->crates->sysroot = json_bytes_in(crates, "sysroot");
    source->crates->bin = json_bytes_in(crates, "bin");
    source->crates->config = json_bytes_in(crates, "config");
    source->crates->toolchain = json_bytes_in(crates, "toolchain");
    bool whole = source->crates->sysroot && source->crates->bin && source->crates->config &&
                 source->crates->toolchain;
    return whole ? 0 : wrong("crates", err);
}

static int read_settings(const json_t *frame, struct source *source, struct err *err)
{
    json_t *settings = json_object_get(frame, "config_settings");

    if (!json_is_object(settings))
        return wrong("config_settings", err);
    source->config_settings = json_incref(settings);
    return 0;
}

int source_parse(const json_t *frame, bool image, struct source **ret_source, struct err *err)
{
    struct source *source = xcalloc(1, sizeof(*source));

    int ret = read_texts(frame, source, err);
    if (ret == 0)
        ret = read_lists(frame, source, err);
    if (ret == 0)
        ret = read_flags(frame, source, err);
    if (ret == 0)
        ret = read_place(frame, source, err);
    if (ret == 0)
        ret = read_objects(frame, source, err);
    if (ret == 0)
        ret = read_settings(frame, source, err);
    if (ret == 0)
        ret = read_crates(frame, source, err);
    if (ret == 0)
        ret = package_settings_read(json_object_get(frame, "settings"), image, &source->settings,
                                    err);
    source->promise = json_bytes_in(frame, "metadata");
    source->broken = json_bytes_in(frame, "broken");
    if (ret < 0)
        source_free(source);
    else
        *ret_source = source;
    return ret;
}

static void free_crates(struct source_crates *crates)
{
    if (!crates)
        return;
    free(crates->sysroot);
    free(crates->bin);
    free(crates->config);
    free(crates->toolchain);
    free(crates);
}

void source_free(struct source *source)
{
    if (!source)
        return;
    char *texts[] = {source->name,    source->version,      source->dir,   source->sha256,
                     source->archive, source->subdirectory, source->url,   source->backend,
                     source->promise, source->place,        source->broken};

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        free(texts[i]);
    strv_release(&source->requires);
    strv_release(&source->urls);
    strv_release(&source->backend_path);
    strv_release(&source->finder_args);
    sandbox_trees_release(&source->trees);
    strv_release(&source->looked_at);
    json_decref(source->repository);
    json_decref(source->expect);
    json_decref(source->config_settings);
    json_decref(source->change);
    package_settings_release(&source->settings);
    free_crates(source->crates);
    free(source);
}

/* --------------------------------------------------------------------------------- questions */

const char *source_repository(const struct source *source)
{
    return source->repository ? json_text(source->repository, "sha256") : "none";
}

char *source_label(const struct source *source)
{
    if (!source->name[0])
        return xstrdup(source->place);
    if (!source->version[0])
        return xstrdup(source->name);
    return xasprintf("%s %s", source->name, source->version);
}

static void add_list(struct str *out, const char *name, const struct strv *list)
{
    str_addf(out, "%s %zu\n", name, list->count);
    for (size_t i = 0; i < list->count; i++)
        str_addf(out, "\t%s\n", list->items[i]);
}

char *source_identity(const struct source *source)
{
    auto_free char *settings = json_dumps(source->config_settings, JSON_COMPACT | JSON_SORT_KEYS);
    struct str out = STR_INIT;

    str_addf(&out, "%s\n%s\n%s\n%s\n%s\n%s\n", source->sha256, source_repository(source),
             source->subdirectory, source->dir, source->backend, settings);
    str_addf(&out, "isolated %d local %d\n", source->isolated, source->local);
    if (source->settings.all) {
        auto_free char *all = json_dumps(source->settings.all, JSON_COMPACT | JSON_SORT_KEYS);
        str_addf(&out, "settings %s\n", all);
    }
    add_list(&out, "requires", &source->requires);
    add_list(&out, "backend_path", &source->backend_path);
    add_list(&out, "finder_args", &source->finder_args);
    return str_detach(&out);
}

bool source_is_same(const struct source *a, const struct source *b)
{
    return str_eq(a->sha256, b->sha256) && str_eq(a->subdirectory, b->subdirectory) &&
           str_eq(a->dir, b->dir);
}

bool source_forbids_wheels(const struct source *source)
{
    const struct strv *args = &source->finder_args;

    for (size_t i = 0; i + 1 < args->count; i++)
        if (str_eq(args->items[i], "--no-binary"))
            return !str_eq(args->items[i + 1], ":none:");
    return false;
}
