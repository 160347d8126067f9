/* The lock of a run, from its builder and its plan. */
#include "run/make_lock.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/path.h"
#include "base/str.h"
#include "system/publish.h"
#include "build/build_key.h"
#include "lock/lock_job.h"

/* What is collected. */
struct locking {
    struct builder *builder;
    json_t *builds; /* of the request */
    json_t *keys;   /* of the builds in it, by their directories */
};

static int add_build(struct locking *l, json_t *packages, const struct build *build,
                     struct err *err);

static json_t *describe_file(const char *project, const char *version, const char *path,
                             const char *url, const char *sha256)
{
    struct stat st;
    json_int_t size = stat(path, &st) == 0 ? st.st_size : 0;

    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "name", project, "version", version, "file",
                     path_base(path), "url", url, "sha256", sha256, "size", size);
}

static int add_wheel(json_t *packages, const struct wheel_file *wheel, struct err *err)
{
    if (!wheel->url || !wheel->url[0])
        return err_set(err, ERR_BUILD, "'%s' cannot be locked: it is not known where it came from",
                       wheel->name);
    json_t *item =
        describe_file(wheel->project, wheel->version, wheel->path, wheel->url, wheel->sha256);
    (void)json_object_set_new(item, "file", json_string(wheel->name));
    (void)json_object_set_new(item, "kind", json_string("wheel"));
    return json_array_append_new(packages, item);
}

static int add_environment(struct locking *l, json_t *packages, const struct env *env,
                           struct err *err)
{
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < env->result.wheels.count; i++) {
        const struct wheel_file *wheel = &env->result.wheels.items[i];
        const struct build *build = env_build_of(env, wheel);
        ret = build ? add_build(l, packages, build, err) : add_wheel(packages, wheel, err);
    }
    return ret;
}

/* What the sdist's own build needs, unless it is there already. */
static int add_requirements(struct locking *l, const struct build *build, const char *key,
                            struct err *err)
{
    const char *known = json_string_value(json_object_get(l->keys, build->source->dir));

    if (known && str_eq(known, key))
        return 0;
    if (known)
        return err_set(err, ERR_BUILD, "%s cannot be locked: it is built twice, in different ways",
                       build->label);
    (void)json_object_set_new(l->keys, build->source->dir, json_string(key));
    json_t *packages = json_array();
    int ret = add_environment(l, packages, build->env, err);
    (void)json_array_append_new(
        l->builds, json_pack("{s:s, s:o}", "dir", build->source->dir, "packages", packages));
    return ret < 0 ? err_wrap(err, "build requirements of %s", build->label) : 0;
}

static int check_source(const struct build *build, struct err *err)
{
    const struct source *source = build->source;
    const char *why = NULL;

    if (!source->archive)
        why = "a directory or a checkout is no archive: make an sdist of it";
    else if (source->subdirectory[0])
        why = "it is a part of its archive: make an sdist of it";
    else if (!source->isolated)
        why = "without build isolation its build uses whatever is installed";
    return why ? err_set(err, ERR_BUILD, "%s cannot be locked: %s", build->label, why) : 0;
}

static int add_build(struct locking *l, json_t *packages, const struct build *build,
                     struct err *err)
{
    const struct source *source = build->source;
    const struct wheel_file *wheel = &build->result.wheel;
    auto_key struct key own = KEY_INIT;
    char digest[SHA256_HEX];
    int ret = check_source(build, err);

    if (ret < 0)
        return ret;
    build_key(l->builder, build, &own);
    build_key_digest(l->builder, &own, digest);
    json_t *item =
        describe_file(build->project, wheel->version, source->archive, source->url, source->sha256);
    json_t *more =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:O}", "kind", "sdist", "dir", source->dir, "key",
                  digest, "wheel", wheel->name, "sha256_of_wheel", wheel->sha256, "inputs",
                  key_to_json(&own), "config_settings", source->config_settings);
    (void)json_object_update(item, more);
    json_decref(more);
    (void)json_array_append_new(packages, item);
    return add_requirements(l, build, digest, err);
}

static int collect(struct locking *l, const struct resolution *resolution, json_t *packages,
                   struct err *err)
{
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < resolution->count; i++) {
        const struct resolved *item = &resolution->items[i];
        ret = item->build ? add_build(l, packages, item->build, err)
                          : add_wheel(packages, &item->wheel, err);
    }
    return ret;
}

static int publish_all(const json_t *files, struct err *err)
{
    const char *path;
    json_t *text;
    int ret = 0;

    json_object_foreach((json_t *)files, path, text)
    {
        if (ret == 0)
            ret = publish_bytes(path, json_string_value(text), json_string_length(text), err);
    }
    return ret;
}

static int write_lock(struct locking *l, json_t *packages, const char *file, struct err *err)
{
    auto_free char *log = builder_new_name(l->builder, "lock");
    const struct lock_place place = builder_lock_place(l->builder, log);
    json_t *done = NULL;
    json_t *request = json_pack("{s:s, s:s, s:O, s:O, s:o, s:o}", "op", "lock-write", "file", file,
                                "packages", packages, "builds", l->builds, "facts",
                                lock_facts(&place), "inputs", key_to_json(&l->builder->machine));

    if (!request)
        return err_set(err, ERR_USAGE, "the name of the lock file is not UTF-8");
    int ret = lock_job_run(&place, request, &done, err);
    if (ret == 0)
        ret = publish_all(json_object_get(done, "files"), err);
    json_decref(done);
    return ret;
}

int make_lock(struct builder *builder, const struct resolution *resolution, const char *file,
              struct err *err)
{
    struct locking l = {.builder = builder, .builds = json_array(), .keys = json_object()};
    json_t *packages = json_array();
    int ret = collect(&l, resolution, packages, err);

    if (ret == 0)
        ret = write_lock(&l, packages, file, err);
    json_decref(packages);
    json_decref(l.builds);
    json_decref(l.keys);
    return ret < 0 ? err_wrap(err, "--lock") : 0;
}
