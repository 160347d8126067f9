/* The record of a run as JSON, both ways, by tables of fields. */
#include "record/run_record.h"

#include <stdlib.h>

#include "base/io.h"
#include "base/str.h"
#include "base/vec.h"
#include "base/fields.h"

enum { MAX_BYTES = 256 << 20 };

#define TEXT(type_, member_)                                                                       \
    {                                                                                              \
        .name = #member_, .kind = FIELD_TEXT, .offset = offsetof(type_, member_)                   \
    }
#define OPTIONAL(type_, member_)                                                                   \
    {                                                                                              \
        .name = #member_, .kind = FIELD_TEXT, .offset = offsetof(type_, member_), .optional = true \
    }
#define OTHER(kind_, type_, member_)                                                               \
    {                                                                                              \
        .name = #member_, .kind = FIELD_##kind_, .offset = offsetof(type_, member_)                \
    }

static const struct field wheel_fields[] = {
    TEXT(struct record_wheel, name),    TEXT(struct record_wheel, version),
    TEXT(struct record_wheel, file),    TEXT(struct record_wheel, sha256),
    OPTIONAL(struct record_wheel, url),
};

static const struct field env_fields[] = {
    TEXT(struct record_env, hash),
    OTHER(BOOL, struct record_env, isolated),
    {.name = "installed",
     .kind = FIELD_JSON,
     .offset = offsetof(struct record_env, installed),
     .optional = true},
};

static const struct field source_fields[] = {
    TEXT(struct record_source, url),
    TEXT(struct record_source, sha256),
    TEXT(struct record_source, subdirectory),
    {.name = "repository",
     .kind = FIELD_JSON,
     .offset = offsetof(struct record_source, repository),
     .optional = true},
    TEXT(struct record_source, backend),
    OTHER(JSON, struct record_source, config_settings),
};

static const struct field build_fields[] = {
    TEXT(struct record_build, path),
    OTHER(BOOL, struct record_build, memory),
    OPTIONAL(struct record_build, crates),
    OPTIONAL(struct record_build, clock),
    {.name = "settings",
     .kind = FIELD_JSON,
     .offset = offsetof(struct record_build, settings),
     .optional = true},
    {.name = "traces",
     .kind = FIELD_JSON,
     .offset = offsetof(struct record_build, traces),
     .optional = true},
    {.name = "proof",
     .kind = FIELD_JSON,
     .offset = offsetof(struct record_build, proof),
     .optional = true},
    OTHER(REAL, struct record_build, seconds),
    OTHER(REAL, struct record_build, cpu_seconds),
    TEXT(struct record_build, key),
    OTHER(JSON, struct record_build, inputs),
};

static const struct field item_fields[] = {
    TEXT(struct record_item, name),
    TEXT(struct record_item, version),
    TEXT(struct record_item, file),
    TEXT(struct record_item, sha256),
    OPTIONAL(struct record_item, url),
    OPTIONAL(struct record_item, yanked),
    {.name = "extras",
     .kind = FIELD_JSON,
     .offset = offsetof(struct record_item, extras),
     .optional = true},
};

static const struct field failure_fields[] = {
    TEXT(struct record_failure, message),    TEXT(struct record_failure, detail),
    OPTIONAL(struct record_failure, cause),  OPTIONAL(struct record_failure, headline),
    OPTIONAL(struct record_failure, remedy), OPTIONAL(struct record_failure, kind),
    OPTIONAL(struct record_failure, name),   OPTIONAL(struct record_failure, version),
    OPTIONAL(struct record_failure, phase),  OPTIONAL(struct record_failure, ended),
    OPTIONAL(struct record_failure, log),
};

static const struct field interpreter_fields[] = {
    TEXT(struct record_interpreter, python), TEXT(struct record_interpreter, executable),
    TEXT(struct record_interpreter, tag),    TEXT(struct record_interpreter, pip),
    TEXT(struct record_interpreter, zlib),
};

static const struct field paths_fields[] = {
    TEXT(struct record_paths, mode),
    TEXT(struct record_paths, root),
    OTHER(BOOL, struct record_paths, stable),
};

static const struct field run_fields[] = {
    OTHER(INT, struct run_record, format),     OTHER(INT, struct run_record, normal_form),
    TEXT(struct run_record, truewheel),        TEXT(struct run_record, compressor),
    TEXT(struct run_record, compiler),         TEXT(struct run_record, addresses),
    OTHER(JSON, struct run_record, variables), OTHER(JSON, struct run_record, inputs),
};

#define WRITE(from_, fields_) fields_write(from_, fields_, ARRAY_SIZE(fields_))
#define READ(json_, to_, fields_, err_) fields_read(json_, to_, fields_, ARRAY_SIZE(fields_), err_)
#define RELEASE(of_, fields_) fields_release(of_, fields_, ARRAY_SIZE(fields_))

/* ------------------------------------------------------------------------------------- writing */

static json_t *env_to_json(const struct record_env *env)
{
    json_t *object = WRITE(env, env_fields), *wheels = json_array();

    for (size_t i = 0; i < env->wheels.count; i++)
        (void)json_array_append_new(wheels, WRITE(&env->wheels.items[i], wheel_fields));
    (void)json_object_set_new(object, "requires", wheels);
    return object;
}

const char *record_item_origin(const struct record_item *item)
{
    if (!item->build)
        return "index";
    return item->from_store ? "store" : "built";
}

static json_t *item_to_json(const struct record_item *item)
{
    json_t *object = WRITE(item, item_fields);

    (void)json_object_set_new(object, "from", json_string(record_item_origin(item)));
    if (!item->build)
        return object;
    json_t *build = WRITE(item->build, build_fields);
    (void)json_object_update(object, build);
    json_decref(build);
    (void)json_object_set_new(object, "source", WRITE(&item->build->source, source_fields));
    (void)json_object_set_new(object, "environment", env_to_json(&item->build->environment));
    return object;
}

static json_t *items_to_json(const struct record_items *items)
{
    json_t *list = json_array();

    for (size_t i = 0; i < items->count; i++)
        (void)json_array_append_new(list, item_to_json(&items->items[i]));
    return list;
}

json_t *run_record_to_json(const struct run_record *record)
{
    json_t *object = WRITE(record, run_fields);
    json_t *failures = json_array();

    for (size_t i = 0; i < record->failures.count; i++)
        (void)json_array_append_new(failures, WRITE(&record->failures.items[i], failure_fields));
    (void)json_object_set_new(object, "interpreter",
                              WRITE(&record->interpreter, interpreter_fields));
    (void)json_object_set_new(object, "paths", WRITE(&record->paths, paths_fields));
    (void)json_object_set_new(object, "wheels", items_to_json(&record->wheels));
    if (record->build_requirements.count)
        (void)json_object_set_new(object, "build_requirements",
                                  items_to_json(&record->build_requirements));
    (void)json_object_set_new(object, "failures", failures);
    return object;
}

/* ------------------------------------------------------------------------------------- reading */

static int env_from_json(const json_t *json, struct record_env *env, struct err *err)
{
    const json_t *item;
    size_t i;

    int ret = READ(json, env, env_fields, err);
    json_array_foreach(json_object_get(json, "requires"), i, item)
    {
        if (ret < 0)
            return ret;
        VEC_GROW(&env->wheels);
        struct record_wheel *wheel = &env->wheels.items[env->wheels.count++];
        *wheel = (struct record_wheel){0};
        ret = READ(item, wheel, wheel_fields, err);
    }
    return ret;
}

static int build_from_json(const json_t *json, struct record_build *build, struct err *err)
{
    int ret = READ(json, build, build_fields, err);

    if (ret == 0)
        ret = READ(json_object_get(json, "source"), &build->source, source_fields, err);
    if (ret == 0)
        ret = env_from_json(json_object_get(json, "environment"), &build->environment, err);
    return ret;
}

static int item_from_json(const json_t *json, struct record_item *item, struct err *err)
{
    const char *from = json_string_value(json_object_get(json, "from"));
    int ret = READ(json, item, item_fields, err);

    if (ret < 0)
        return ret;
    if (str_eq(from, "index"))
        return 0;
    item->from_store = str_eq(from, "store");
    if (!item->from_store && !str_eq(from, "built"))
        return err_set(err, ERR_FORMAT, "'from' is not known");
    item->build = xcalloc(1, sizeof(*item->build));
    return build_from_json(json, item->build, err);
}

static int items_from_json(const json_t *json, struct record_items *items, struct err *err)
{
    const json_t *item;
    size_t i;

    json_array_foreach(json, i, item)
    {
        VEC_GROW(items);
        struct record_item *wheel = &items->items[items->count++];
        *wheel = (struct record_item){0};
        int ret = item_from_json(item, wheel, err);
        if (ret < 0)
            return err_wrap(err, "wheel %zu", i + 1);
    }
    return 0;
}

static int failures_from_json(const json_t *json, struct run_record *record, struct err *err)
{
    const json_t *item;
    size_t i;

    json_array_foreach(json, i, item)
    {
        VEC_GROW(&record->failures);
        struct record_failure *failure = &record->failures.items[record->failures.count++];
        *failure = (struct record_failure){0};
        int ret = READ(item, failure, failure_fields, err);
        if (ret < 0)
            return err_wrap(err, "failure %zu", i + 1);
    }
    return 0;
}

int run_record_from_json(const json_t *json, struct run_record *ret_record, struct err *err)
{
    int ret = READ(json, ret_record, run_fields, err);

    if (ret == 0 && ret_record->format != RECORD_FORMAT)
        return err_set(err, ERR_FORMAT, "format %d is not known here, only %d", ret_record->format,
                       RECORD_FORMAT);
    if (ret == 0)
        ret = READ(json_object_get(json, "interpreter"), &ret_record->interpreter,
                   interpreter_fields, err);
    if (ret == 0)
        ret = READ(json_object_get(json, "paths"), &ret_record->paths, paths_fields, err);
    const json_t *wheels = json_object_get(json, "wheels");
    if (ret == 0 && !json_is_array(wheels))
        ret = err_set(err, ERR_FORMAT, "'wheels' is no list");
    if (ret == 0)
        ret = items_from_json(wheels, &ret_record->wheels, err);
    if (ret == 0)
        ret = items_from_json(json_object_get(json, "build_requirements"),
                              &ret_record->build_requirements, err);
    if (ret == 0)
        ret = failures_from_json(json_object_get(json, "failures"), ret_record, err);
    return ret;
}

/* What a record beside a wheel has apart, or not: it is of one run. */
static void add_of_run(json_t *item, const json_t *run)
{
    json_t *defaults = json_pack("{s:s, s:b, s:f, s:f}", "from",
                                 json_object_get(item, "source") ? "built" : "index", "memory", 0,
                                 "seconds", 0.0, "cpu_seconds", 0.0);

    (void)json_object_update(item, (json_t *)run);
    (void)json_object_update_missing(item, defaults);
    json_decref(defaults);
}

/* The record beside a wheel as that of a run which built this one alone. */
static void spread_beside(json_t *json)
{
    json_t *wheel = json_object_get(json, "wheel"), *item;
    size_t i;

    if (!json_is_object(wheel) || json_object_get(json, "wheels"))
        return;
    add_of_run(wheel, json_object_get(json, "run"));
    json_array_foreach(json_object_get(json, "build_requirements"), i, item) add_of_run(item, NULL);
    (void)json_object_set_new(json, "wheels", json_pack("[O]", wheel));
}

int run_record_load(const char *path, json_t **ret_json, struct err *err)
{
    auto_str struct str text = STR_INIT;
    json_error_t why;
    int ret = read_file(path, MAX_BYTES, &text, err);

    if (ret < 0)
        return ret;
    *ret_json = json_loadb(text.buf, text.len, JSON_REJECT_DUPLICATES, &why);
    if (!*ret_json)
        return err_set(err, ERR_FORMAT, "'%s' is no JSON: line %d: %s", path, why.line, why.text);
    spread_beside(*ret_json);
    return 0;
}

int run_record_read_file(const char *path, struct run_record *ret_record, struct err *err)
{
    json_t *json = NULL;
    int ret = run_record_load(path, &json, err);

    if (ret < 0)
        return ret;
    ret = run_record_from_json(json, ret_record, err);
    json_decref(json);
    return ret < 0 ? err_wrap(err, "'%s' is no record of a run", path) : 0;
}

/* ----------------------------------------------------------------------------------- releasing */

static void free_build(struct record_build *build)
{
    if (!build)
        return;
    RELEASE(build, build_fields);
    RELEASE(&build->source, source_fields);
    RELEASE(&build->environment, env_fields);
    for (size_t i = 0; i < build->environment.wheels.count; i++)
        RELEASE(&build->environment.wheels.items[i], wheel_fields);
    free(build->environment.wheels.items);
    free(build);
}

static void release_items(struct record_items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        free_build(items->items[i].build);
        RELEASE(&items->items[i], item_fields);
    }
    free(items->items);
}

void run_record_release(struct run_record *record)
{
    RELEASE(record, run_fields);
    RELEASE(&record->interpreter, interpreter_fields);
    RELEASE(&record->paths, paths_fields);
    release_items(&record->wheels);
    release_items(&record->build_requirements);
    for (size_t i = 0; i < record->failures.count; i++)
        RELEASE(&record->failures.items[i], failure_fields);
    free(record->failures.items);
    *record = (struct run_record){0};
}
