/* Keys of environments and builds. */
#include "build/build_key.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "wheel/wheel_name.h"

void env_digest(const struct builder *builder, const struct env *env,
                const struct wheel_files *wheels, struct env_digests *ret_digests)
{
    auto_strv struct strv installed = STRV_INIT;
    auto_key struct key key = KEY_INIT;

    key_add(&key, "python", engine_fact(&builder->engine, "version"));
    key_add(&key, "tag", engine_fact(&builder->engine, "tag"));
    key_add(&key, "executable", engine_fact(&builder->engine, "executable"));
    key_add(&key, "shim", engine_fact(&builder->engine, "shim"));
    key_add(&key, "isolated", env->isolated ? "yes" : "no");
    if (!env->isolated && builder->environment.prefix)
        key_add(&key, "environment", builder->environment.prefix);
    for (size_t i = 0; i < wheels->count; i++)
        strv_pushf(&installed, "%s %s", wheels->items[i].name, wheels->items[i].sha256);
    key_add_list(&key, "wheels", &installed);
    key_digest(&key, ret_digests->path);
    key_add(&key, "pip", engine_fact(&builder->engine, "pip"));
    key_digest(&key, ret_digests->content);
}

bool build_has_network(const struct builder *builder, const struct build *build)
{
    if (build->source->settings.network)
        return true;
    return build->project[0] &&
           wheel_dist_in_list(&builder->options->allow_network, build->project);
}

bool build_can_preload(const struct builder *builder)
{
    const char *place = builder->mode == SANDBOX_MAPPED ? builder->dir : builder->root;

    return !strpbrk(place, " \t\n\v\f\r:");
}

bool build_has_guest(const struct builder *builder)
{
    return !builder->options->real_clock && build_can_preload(builder);
}

bool build_is_settled(const struct builder *builder, const struct build *build)
{
    return build_has_guest(builder) && !build_has_network(builder, build);
}

static void add_source(const struct source *source, struct key *ret_key)
{
    auto_free char *settings = json_dumps(source->config_settings, JSON_COMPACT | JSON_SORT_KEYS);
    auto_free char *of_package = package_settings_text(&source->settings);

    key_addf(ret_key, "source", "%s %s", source->archive ? "archive" : "tree", source->sha256);
    key_add(ret_key, "repository", source_repository(source));
    key_add(ret_key, "subdirectory", source->subdirectory);
    key_add(ret_key, "directory", source->dir);
    key_add(ret_key, "backend", source->backend);
    key_add_list(ret_key, "backend path", &source->backend_path);
    key_add_list(ret_key, "requires", &source->requires);
    key_add(ret_key, "config settings", settings);
    key_add(ret_key, "settings", of_package);
    key_extend(ret_key, &source->settings.inputs);
    key_add(ret_key, "rust", source->crates ? source->crates->toolchain : "none");
}

void build_key(const struct builder *builder, const struct build *build, struct key *ret_key)
{
    add_source(build->source, ret_key);
    key_add(ret_key, "environment", build->env->digest);
    key_add(ret_key, "network", build_has_network(builder, build) ? "yes" : "no");
    key_add(ret_key, "clock", build_is_settled(builder, build) ? "settled" : "real");
    key_addf(ret_key, "root", "%s", builder->root);
    key_add(ret_key, "paths", builder->mode == SANDBOX_MAPPED ? "mapped" : "stable");
    key_add(ret_key, "addresses", builder->caps.fixed_addresses ? "fixed" : "random");
}

static void join(const struct builder *builder, const struct key *own, struct key *ret_key)
{
    key_extend(ret_key, &builder->machine);
    key_extend(ret_key, own);
}

void build_key_whole(const struct builder *builder, const struct build *build, struct key *ret_key)
{
    auto_key struct key own = KEY_INIT;

    build_key(builder, build, &own);
    join(builder, &own, ret_key);
}

void build_key_digest(const struct builder *builder, const struct key *own,
                      char ret_hex[SHA256_HEX])
{
    auto_key struct key key = KEY_INIT;

    join(builder, own, &key);
    key_digest(&key, ret_hex);
}

int build_check_locked(const struct builder *builder, const struct build *build, struct err *err)
{
    auto_key struct key own = KEY_INIT;

    if (!builder_is_locked(builder))
        return 0;
    build_key(builder, build, &own);
    json_t *parts = key_to_json(&own), *machine = key_to_json(&builder->machine);
    int ret = locked_check_wheel(&builder->locked, build->source, build->result.wheel.sha256, parts,
                                 machine, err);
    json_decref(parts);
    json_decref(machine);
    return ret;
}
