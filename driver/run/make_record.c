/* The record of a run, filled from its builder and its plan. */
#include "run/make_record.h"

#include "config.h"
#include "base/str.h"
#include "base/vec.h"
#include "wheel/normal.h"
#include "inputs/hook_env.h"
#include "build/build_key.h"

void make_record_begin(const struct builder *b, struct run_record *record)
{
    *record = (struct run_record){
        .format = RECORD_FORMAT,
        .normal_form = NORMAL_FORM_VERSION,
        .truewheel = xstrdup(TRUEWHEEL_VERSION),
        .compressor = xstrdup("zlib " TRUEWHEEL_ZLIB_VERSION " level 6"),
        .compiler = xstrdup(b->compiler ? b->compiler : ""),
        .addresses = xstrdup(b->caps.fixed_addresses ? "fixed" : "random"),
        .variables = hook_env_inputs(&b->options->env),
        .inputs = key_to_json(&b->machine),
        .interpreter = {.python = xstrdup(engine_fact(&b->engine, "python")),
                        .executable = xstrdup(engine_fact(&b->engine, "executable")),
                        .tag = xstrdup(engine_fact(&b->engine, "tag")),
                        .pip = xstrdup(engine_fact(&b->engine, "pip")),
                        .zlib = xstrdup(engine_fact(&b->engine, "zlib"))},
        .paths = {.mode = xstrdup(sandbox_mode_name(b->mode)),
                  .root = xstrdup(b->root),
                  .stable = b->mode != SANDBOX_MAPPED},
    };
}

static void add_environment(const struct build *build, struct record_env *record)
{
    const struct env *env = build->env;

    record->hash = xstrdup(env->hash);
    record->isolated = env->isolated;
    record->installed = json_incref(build->result.installed);
    for (size_t i = 0; i < env->result.wheels.count; i++) {
        const struct wheel_file *wheel = &env->result.wheels.items[i];
        VEC_GROW(&record->wheels);
        record->wheels.items[record->wheels.count++] = (struct record_wheel){
            .name = xstrdup(wheel->project),
            .version = xstrdup(wheel->version),
            .file = xstrdup(wheel->name),
            .sha256 = xstrdup(wheel->sha256),
            .url = wheel->url && wheel->url[0] ? xstrdup(wheel->url) : NULL,
        };
    }
}

/* The whole key, and of its parts those that are this build's own. */
static void add_key(const struct builder *b, const struct build *build, struct record_build *record)
{
    auto_key struct key own = KEY_INIT;
    char digest[SHA256_HEX];

    build_key(b, build, &own);
    build_key_digest(b, &own, digest);
    record->key = xstrdup(digest);
    record->inputs = key_to_json(&own);
}

static struct record_build *new_build(const struct builder *b, const struct build *build)
{
    struct record_build *record = xcalloc(1, sizeof(*record));
    const struct build_result *result = &build->result;
    const struct source *source = build->source;

    *record = (struct record_build){
        .source = {.url = xstrdup(source->url),
                   .sha256 = xstrdup(source->sha256),
                   .subdirectory = xstrdup(source->subdirectory),
                   .repository = json_incref(source->repository),
                   .backend = xstrdup(source->backend),
                   .config_settings = json_incref(source->config_settings)},
        .path = xstrdup(source->dir),
        .memory = !result->on_disk,
        .crates = result->crates ? xstrdup(result->crates) : NULL,
        .clock = result->clock ? xstrdup(result->clock) : NULL,
        .settings = json_incref(source->settings.all),
        .traces = json_incref(result->traces),
        .seconds = (double)result->ms / 1000,
        .cpu_seconds = (double)result->cpu_ms / 1000,
    };
    add_environment(build, &record->environment);
    add_key(b, build, record);
    return record;
}

static struct record_item new_item(const struct builder *b, const char *project,
                                   const char *version, const struct build *build,
                                   const struct wheel_file *wheel)
{
    return (struct record_item){
        .name = xstrdup(project),
        .version = xstrdup(version),
        .file = xstrdup(wheel->name),
        .sha256 = xstrdup(wheel->sha256),
        .url = !build && wheel->url && wheel->url[0] ? xstrdup(wheel->url) : NULL,
        .build = build ? new_build(b, build) : NULL,
        .from_store = build && build->result.from_store,
    };
}

static bool has_sha256(const struct record_items *items, const char *sha256)
{
    for (size_t i = 0; i < items->count; i++)
        if (str_eq(items->items[i].sha256, sha256))
            return true;
    return false;
}

/* What the build environment has that was built, and what that needed in turn. */
static void add_build_requirements(const struct builder *b, const struct env *env,
                                   struct record_items *items)
{
    for (size_t i = 0; i < env->result.wheels.count; i++) {
        const struct wheel_file *wheel = &env->result.wheels.items[i];
        const struct build *build = env_build_of(env, wheel);
        if (!build || has_sha256(items, wheel->sha256))
            continue;
        VEC_GROW(items);
        items->items[items->count++] = new_item(b, wheel->project, wheel->version, build, wheel);
        add_build_requirements(b, build->env, items);
    }
}

void make_record_add(const struct builder *builder, const struct resolved *item,
                     struct run_record *record)
{
    const struct wheel_file *wheel = item->build ? &item->build->result.wheel : &item->wheel;

    VEC_GROW(&record->wheels);
    record->wheels.items[record->wheels.count++] =
        new_item(builder, item->project, item->version, item->build, wheel);
    struct record_item *added = &record->wheels.items[record->wheels.count - 1];
    added->extras = json_incref(item->extras);
    added->yanked = item->yanked ? xstrdup(item->yanked) : NULL;
    if (item->build)
        add_build_requirements(builder, item->build->env, &record->build_requirements);
}

static const char *kind_of(const struct err *failure)
{
    static const struct {
        int code;
        const char *kind;
    } kinds[] = {
        {ERR_TIMEOUT, "timeout"},     {ERR_RESOURCE, "resource"}, {ERR_ENVIRONMENT, "environment"},
        {ERR_NOT_FOUND, "not-found"}, {ERR_INDEX, "index"},       {ERR_DIFFERS, "differs"},
        {ERR_PROTOCOL, "internal"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if (failure->code == -kinds[i].code)
            return kinds[i].kind;
    return "build";
}

/* NULL for what is not known. */
static char *known(const char *text)
{
    return text && text[0] ? xstrdup(text) : NULL;
}

void make_record_failure(const struct build *build, const struct err *failure,
                         struct run_record *record)
{
    const struct build_result *result = &build->result;

    VEC_GROW(&record->failures);
    record->failures.items[record->failures.count++] = (struct record_failure){
        .message = xstrdup(failure->message),
        .detail = xstrdup(failure->detail ? failure->detail : ""),
        .kind = xstrdup(kind_of(failure)),
        .cause = known(failure->cause),
        .headline = known(failure->headline),
        .remedy = known(failure->hint),
        .name = known(build->project),
        .version = known(build->source->version),
        .phase = known(result->phase),
        .ended = known(result->ended),
        .log = known(result->log_path),
    };
}
