/* SLSA provenance of built wheels. */
#include "record/provenance.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/path.h"
#include "inputs/variables.h"
#include "record/origin.h"
#include "record/purl.h"

/* --------------------------------------------------------------------------------- descriptors */

/* in-toto's ResourceDescriptor; uri and sha256 may be NULL. */
static json_t *describe(const char *name, const char *uri, const char *sha256)
{
    json_t *object = json_pack("{s:o}", "name", json_readable(name));

    if (uri)
        (void)json_object_set_new(object, "uri", json_readable(uri));
    if (sha256)
        (void)json_object_set_new(object, "digest", json_pack("{s:s}", "sha256", sha256));
    return object;
}

static json_t *describe_archive(const struct record_source *source)
{
    auto_free char *path = xstrndup(source->url, strcspn(source->url, "?#"));

    return describe(path_base(path), origin_is_public(source->url) ? source->url : NULL,
                    source->sha256);
}

/* The digest is of names, modes and bytes: no file has it, so it is not called sha256. */
static json_t *describe_tree(const struct record_item *item)
{
    const struct record_source *source = &item->build->source;
    const char *commit = json_text(source->repository, "commit");
    bool dirty = json_is_true(json_object_get(source->repository, "dirty"));
    json_t *digest = json_pack("{s:s}", "truewheelTree", source->sha256);
    json_t *object = describe(item->name, origin_is_public(source->url) ? source->url : NULL, NULL);

    if (commit[0] && !dirty)
        (void)json_object_set_new(digest, "gitCommit", json_string(commit));
    (void)json_object_set_new(object, "digest", digest);
    if (source->repository)
        (void)json_object_set_new(object, "annotations",
                                  json_pack("{s:O}", "repository", source->repository));
    return object;
}

static void add_requirements(const struct record_env *env, json_t *list)
{
    const json_t *item;
    size_t i;

    for (i = 0; i < env->wheels.count; i++) {
        const struct record_wheel *wheel = &env->wheels.items[i];
        auto_free char *purl = purl_pypi(wheel->name, wheel->version);
        (void)json_array_append_new(list, describe(wheel->file, purl, wheel->sha256));
    }
    json_array_foreach(env->installed, i, item)
    {
        auto_free char *purl = purl_pypi(json_text(item, "name"), json_text(item, "version"));
        (void)json_array_append_new(list, describe(json_text(item, "name"), purl, NULL));
    }
}

static void add_tool(const struct run_record *record, const char *part, json_t *list)
{
    const char *sha256 = origin_tool_sha256(record, part);

    if (!sha256)
        return; /* there is none */
    const char *text = json_text(record->inputs, part);
    auto_free char *path = xstrndup(text, (size_t)(sha256 - 1 - text));
    json_t *tool = describe(path, NULL, sha256);
    if (str_eq(part, "tool CC"))
        (void)json_object_set_new(tool, "annotations",
                                  json_pack("{s:o}", "version", json_readable(record->compiler)));
    (void)json_array_append_new(list, tool);
}

/* The compiler and what works beside it: parts "tool CC" and their like, a path and a digest. */
static void add_tools(const struct run_record *record, json_t *list)
{
    auto_strv struct strv parts = STRV_INIT;
    const char *part;
    json_t *value;

    json_object_foreach(record->inputs, part, value)
    {
        if (str_starts(part, "tool "))
            strv_push(&parts, part);
    }
    strv_sort(&parts); /* a record that was read has another order */
    for (size_t i = 0; i < parts.count; i++)
        add_tool(record, parts.items[i], list);
}

static json_t *make_dependencies(const struct run_record *record, const struct record_item *item)
{
    const struct record_interpreter *interpreter = &record->interpreter;
    auto_free char *pip = purl_pypi("pip", interpreter->pip);
    json_t *python = describe("python", NULL, origin_tool_sha256(record, "executable"));
    json_t *list = json_array();

    (void)json_array_append_new(list, origin_is_archive(item->build)
                                          ? describe_archive(&item->build->source)
                                          : describe_tree(item));
    add_requirements(&item->build->environment, list);
    (void)json_object_set_new(
        python, "annotations",
        json_pack("{s:s, s:s}", "version", interpreter->python, "tag", interpreter->tag));
    (void)json_array_append_new(list, python);
    (void)json_array_append_new(list, describe("pip", pip, NULL));
    add_tools(record, list);
    return list;
}

/* ---------------------------------------------------------------------------------- parameters */

/* How an index is reached decides about no byte, and may be nobody else's business. */
static bool is_of_connection(const char *option)
{
    static const char *const names[] = {
        "--proxy",   "--cert",           "--client-cert", "--trusted-host",
        "--retries", "--resume-retries", "--cache-dir",   "--keyring-provider",
        "--src",     "--exists-action"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (str_eq(option, names[i]))
            return true;
    return false;
}

/* Without the user and password of URLs in it. */
static json_t *without_credentials(const char *text)
{
    auto_str struct str out = STR_INIT;
    const char *scheme;

    while ((scheme = strstr(text, "://"))) {
        const char *host = scheme + strlen("://"), *end = host + strcspn(host, "/?# \t");
        const char *at = memrchr(host, '@', (size_t)(end - host));
        str_append(&out, text, (size_t)(host - text));
        text = at ? at + 1 : host;
    }
    str_add(&out, text);
    return json_readable(out.buf);
}

static json_t *make_arguments(const struct strv *args)
{
    json_t *list = json_array();
    bool options = true;

    for (size_t i = 0; i < args->count; i++) {
        options = options && !str_eq(args->items[i], "--");
        if (options && is_of_connection(args->items[i]))
            i++;
        else
            (void)json_array_append_new(list, without_credentials(args->items[i]));
    }
    return list;
}

static void set_list(json_t *object, const char *name, const struct strv *list)
{
    if (list->count)
        (void)json_object_set_new(object, name, make_arguments(list));
}

static void set_text(json_t *object, const char *name, const char *text)
{
    if (text)
        (void)json_object_set_new(object, name, json_readable(text));
}

/* Of what has a secret by its name, the name alone. */
static json_t *make_variables(const json_t *variables)
{
    json_t *shown = json_object(), *value;
    const char *name;

    json_object_foreach((json_t *)variables, name, value)(void) json_object_set_new(
        shown, name, variable_is_secret(name) ? json_null() : json_incref(value));
    return shown;
}

/* What whoever started the run could choose. */
static json_t *make_external(const struct run_record *record, const struct record_item *item,
                             const struct wheel_options *options)
{
    json_t *object = json_pack("{s:o, s:b, s:o, s:O}", "arguments",
                               make_arguments(&options->pip_args), "fromSource",
                               options->from_source, "variables", make_variables(record->variables),
                               "configSettings", item->build->source.config_settings);

    set_list(object, "buildConstraints", &options->build_constraints);
    set_list(object, "allowNetwork", &options->allow_network);
    set_list(object, "allowUrl", &options->allow_url);
    set_list(object, "binds", &options->binds);
    set_text(object, "locked", options->locked);
    set_text(object, "image", options->image);
    set_text(object, "mode", options->mode);
    return object;
}

/* The parts of the key, without those that have the value of a secret. */
static void add_parts(const json_t *inputs, json_t *ret)
{
    static const char prefix[] = "variable ";
    const char *part;
    json_t *value;

    json_object_foreach((json_t *)inputs, part,
                        value) if (!str_starts(part, prefix) ||
                                   !variable_is_secret(part + sizeof(prefix) - 1))(void)
        json_object_set(ret, part, value);
}

static json_t *make_internal(const struct run_record *record, const struct record_build *build)
{
    json_t *inputs = json_object();

    add_parts(record->inputs, inputs);
    add_parts(build->inputs, inputs);
    return json_pack("{s:s, s:s, s:o, s:b, s:s, s:i, s:s, s:o}", "key", build->key, "mode",
                     record->paths.mode, "path", json_readable(build->path), "isolated",
                     build->environment.isolated, "addresses", record->addresses, "normalForm",
                     record->normal_form, "compressor", record->compressor, "inputs", inputs);
}

/* ------------------------------------------------------------------------------------ the whole */

/* The run's identity is the key: what has the same one is the same build, whenever it was. */
static json_t *make_details(const struct run_record *record, const struct record_build *build)
{
    return json_pack("{s:{s:s, s:{s:s, s:s}}, s:{s:s}}", "builder", "id", PROVENANCE_BUILDER,
                     "version", "truewheel", record->truewheel, "pip", record->interpreter.pip,
                     "metadata", "invocationId", build->key);
}

static json_t *make_statement(const struct run_record *record, const struct record_item *item,
                              const struct wheel_options *options)
{
    json_t *definition = json_pack("{s:s, s:o, s:o, s:o}", "buildType", PROVENANCE_BUILD_TYPE,
                                   "externalParameters", make_external(record, item, options),
                                   "internalParameters", make_internal(record, item->build),
                                   "resolvedDependencies", make_dependencies(record, item));

    return json_pack("{s:s, s:[o], s:s, s:{s:o, s:o}}", "_type", "https://in-toto.io/Statement/v1",
                     "subject", describe(item->file, NULL, item->sha256), "predicateType",
                     "https://slsa.dev/provenance/v1", "predicate", "buildDefinition", definition,
                     "runDetails", make_details(record, item->build));
}

static int compare_files(const void *a, const void *b)
{
    return strcmp((*(const struct record_item *const *)a)->file,
                  (*(const struct record_item *const *)b)->file);
}

size_t provenance_write(const struct run_record *record, const struct wheel_options *options,
                        struct str *out)
{
    auto_free const struct record_item **built = xcalloc(record->wheels.count, sizeof(*built));
    size_t count = 0;

    for (size_t i = 0; i < record->wheels.count; i++)
        if (record->wheels.items[i].build)
            built[count++] = &record->wheels.items[i];
    qsort(built, count, sizeof(*built), compare_files);
    for (size_t i = 0; i < count; i++) {
        json_t *statement = make_statement(record, built[i], options);
        auto_free char *line = json_dumps(statement, JSON_COMPACT | JSON_SORT_KEYS);
        str_addf(out, "%s\n", line);
        json_decref(statement);
    }
    return count;
}
