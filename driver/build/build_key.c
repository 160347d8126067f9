/* Keys of environments and builds. */
#include "build/build_key.h"

#include <stdlib.h>

#include "base/str.h"
#include "wheel/wheel_name.h"

void env_key(const struct builder *builder, const struct env *env, const struct wheel_files *wheels,
             struct key *ret)
{
    auto_strv struct strv installed = STRV_INIT;

    key_add(ret, "python", engine_fact(&builder->engine, "version"));
    key_add(ret, "tag", engine_fact(&builder->engine, "tag"));
    key_add(ret, "executable", engine_fact(&builder->engine, "executable"));
    key_add(ret, "pip", engine_fact(&builder->engine, "pip"));
    key_add(ret, "shim", engine_fact(&builder->engine, "shim"));
    key_add(ret, "isolated", env->isolated ? "yes" : "no");
    for (size_t i = 0; i < wheels->count; i++)
        strv_pushf(&installed, "%s %s", wheels->items[i].name, wheels->items[i].sha256);
    key_add_list(ret, "wheels", &installed);
}

bool build_has_network(const struct builder *builder, const struct source *source)
{
    const struct strv *names = &builder->options->allow_network;

    for (size_t i = 0; i < names->count; i++)
        if (wheel_dist_equal(names->items[i], source->name))
            return true;
    return false;
}

static void add_source(const struct source *source, struct key *ret)
{
    auto_free char *settings = json_dumps(source->config_settings, JSON_COMPACT | JSON_SORT_KEYS);

    key_addf(ret, "source", "%s %s", source->archive ? "archive" : "tree", source->sha256);
    key_add(ret, "subdirectory", source->subdirectory);
    key_add(ret, "directory", source->dir);
    key_add(ret, "backend", source->backend);
    key_add_list(ret, "backend path", &source->backend_path);
    key_add_list(ret, "requires", &source->requires);
    key_add(ret, "config settings", settings);
    key_add(ret, "rust", source->crates ? source->crates->toolchain : "none");
}

void build_key(const struct builder *builder, const struct build *build, struct key *ret)
{
    add_source(build->source, ret);
    key_add(ret, "environment", build->env->digest);
    key_add(ret, "network", build_has_network(builder, build->source) ? "yes" : "no");
    key_addf(ret, "root", "%s", builder->root);
    key_add(ret, "paths", builder->mode == SANDBOX_MAPPED ? "mapped" : "stable");
    key_add(ret, "addresses", builder->caps.fixed_addresses ? "fixed" : "random");
}
