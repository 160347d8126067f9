/* Settings of one source: read from the resolver's frame, and joined with what the run is asked for. */
#include "inputs/package_settings.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/str.h"
#include "inputs/machine.h"

static void read_env(const json_t *object, struct strv *ret_env)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)object, name, value)
    {
        auto_free char *text = json_bytes_value(value);
        if (text)
            strv_pushf(ret_env, "%s=%s", name, text);
    }
    strv_sort(ret_env);
}

static int64_t read_number(const json_t *json, const char *field)
{
    json_int_t number = json_integer_value(json_object_get(json, field));

    return number > 0 ? number : 0;
}

static int look_at_files(const struct package_settings *settings, bool image, struct key *ret_key,
                         struct err *err)
{
    auto_strv struct strv variables = STRV_INIT;

    package_settings_env(settings, &(const struct strv)STRV_INIT, &variables);
    int ret = image ? 0 : machine_key_files(&variables, ret_key, err);
    return ret == 0 ? machine_key_binds(&settings->binds, ret_key, err) : ret;
}

int package_settings_read(const json_t *json, bool image, struct package_settings *ret_settings,
                          struct err *err)
{
    if (!json)
        return 0;
    if (!json_is_object(json))
        return err_set(err, ERR_PROTOCOL, "the resolver told wrong settings");
    ret_settings->all = json_incref((json_t *)json);
    read_env(json_object_get(json, "default_env"), &ret_settings->default_env);
    read_env(json_object_get(json, "env"), &ret_settings->env);
    json_add_strings(json_object_get(json, "bind"), &ret_settings->binds);
    ret_settings->network = json_is_true(json_object_get(json, "network"));
    ret_settings->default_timeout_ms = read_number(json, "default_timeout_ms");
    ret_settings->timeout_ms = read_number(json, "timeout_ms");
    ret_settings->memory_bytes = (uint64_t)read_number(json, "memory_bytes");
    return look_at_files(ret_settings, image, &ret_settings->inputs, err);
}

void package_settings_release(struct package_settings *settings)
{
    json_decref(settings->all);
    strv_release(&settings->default_env);
    strv_release(&settings->env);
    strv_release(&settings->binds);
    key_release(&settings->inputs);
    *settings = (struct package_settings){0};
}

void package_settings_env(const struct package_settings *settings, const struct strv *asked,
                          struct strv *ret_env)
{
    strv_extend(ret_env, &settings->default_env);
    strv_extend(ret_env, asked);
    strv_extend(ret_env, &settings->env);
}

int64_t package_settings_timeout(const struct package_settings *settings, int64_t asked_ms)
{
    if (settings->timeout_ms)
        return settings->timeout_ms;
    return asked_ms ? asked_ms : settings->default_timeout_ms;
}

char *package_settings_text(const struct package_settings *settings)
{
    static const char *const limits[] = {"default_timeout_ms", "timeout_ms", "memory_bytes"};

    if (!settings->all)
        return xstrdup("none");
    json_t *rest = json_copy(settings->all);
    for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
        (void)json_object_del(rest, limits[i]);
    char *text = json_object_size(rest) ? json_dumps(rest, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    json_decref(rest);
    return text ? text : xstrdup("none");
}
