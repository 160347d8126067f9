/* Builds and build environments: made, compared by their keys, freed. */
#include "plan/work_item.h"

#include <stdlib.h>

#include "base/str.h"

static void add_list(struct str *key, const char *name, const struct strv *list)
{
    str_addf(key, "%s\n", name);
    for (size_t i = 0; i < list->count; i++)
        str_addf(key, "\t%s\n", list->items[i]);
}

struct env *env_new(struct strv *requires, const struct source *source, struct env *base)
{
    auto_str struct str key = STR_INIT;
    struct env *env = xcalloc(1, sizeof(*env));

    env->result = (struct env_result)ENV_RESULT_INIT;
    strv_sort(requires);
    env->requires = *requires;
    *requires = (struct strv)STRV_INIT;
    strv_extend(&env->finder_args, &source->finder_args);
    env->isolated = source->isolated;
    env->base = base;
    str_addf(&key, "isolated %d base %s\n", env->isolated, base ? base->key : "");
    add_list(&key, "requires", &env->requires);
    add_list(&key, "finder", &env->finder_args);
    env->key = str_detach(&key);
    return env;
}

void env_result_release(struct env_result *result)
{
    wheel_files_release(&result->wheels);
    free(result->path);
    lock_release(&result->lease);
    *result = (struct env_result)ENV_RESULT_INIT;
}

void env_free(struct env *env)
{
    free(env->key);
    strv_release(&env->requires);
    strv_release(&env->finder_args);
    err_release(&env->err);
    free(env->needs);
    env_result_release(&env->result);
    free(env);
}

const struct build *env_build_of(const struct env *env, const struct wheel_file *wheel)
{
    for (; env; env = env->base)
        for (size_t i = 0; i < env->needs_count; i++) {
            const struct build *build = env->needs[i];
            if (build->state == WORK_DONE && str_eq(build->result.wheel.name, wheel->name) &&
                str_eq(build->result.wheel.sha256, wheel->sha256))
                return build;
        }
    return NULL;
}

struct build *build_new(struct source *source)
{
    struct build *build = xcalloc(1, sizeof(*build));

    build->identity = source_identity(source);
    build->label = source_label(source);
    build->metadata = source->promise ? xstrdup(source->promise) : NULL;
    build->project = xstrdup(source->name);
    build->source = source;
    return build;
}

void build_result_release(struct build_result *result)
{
    wheel_file_release(&result->wheel);
    free(result->phase);
    free(result->ended);
    free(result->log_path);
    free(result->crates);
    free(result->clock);
    json_decref(result->traces);
    json_decref(result->installed);
    *result = (struct build_result){0};
}

void build_free(struct build *build)
{
    free(build->identity);
    free(build->label);
    free(build->project);
    source_free(build->source);
    free(build->metadata);
    err_release(&build->err);
    build_result_release(&build->result);
    free(build);
}
