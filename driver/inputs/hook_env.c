/* The variables of a build: what is fixed, what is let through, what is asked for. */
#include "inputs/hook_env.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/guard.h"
#include "base/json.h"
#include "base/str.h"
#include "inputs/variables.h"

/* 1980-01-01 UTC: the earliest date that a zip can hold. */
static const char default_epoch[] = "315532800";
static const char default_path[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/*
 * What nproc and OpenMP take for the number of processors; the Pythons of a build say the same
 * (guest/truewheel_determinism.py). Nothing is bound to so many.
 */
static const char processors[] = "4";

/* False: jansson refuses text that is not UTF-8; it could not be shown in the record either. */
static bool try_set(json_t *env, const char *name, const char *value)
{
    return json_object_set_new(env, name, json_string(value)) == 0;
}

static void set(json_t *env, const char *name, const char *value)
{
    (void)json_object_set_new(env, name, json_bytes(value));
}

static void set_taken(json_t *env, const char *name, char *value)
{
    set(env, name, value);
    free(value);
}

const char *hook_env_path(const struct strv *extra)
{
    const char *path = default_path;

    for (size_t i = 0; i < extra->count; i++)
        if (str_starts(extra->items[i], "PATH="))
            path = extra->items[i] + strlen("PATH=");
    return path;
}

bool hook_env_is_assignment(const char *text)
{
    const char *equals = strchr(text, '=');

    if (!equals || equals == text || isdigit((unsigned char)text[0]))
        return false;
    for (const char *p = text; p < equals; p++)
        if (!isalnum((unsigned char)*p) && *p != '_')
            return false;
    return true;
}

/*
 * By name, whatever their order in the caller's environment: a build that lists its own sees the order.
 */
static void list_inputs(struct strv *names)
{
    extern char **environ;

    for (char **p = environ; *p; p++) {
        auto_free char *name = xstrndup(*p, strcspn(*p, "="));
        const char *value = getenv(name);
        if (value && value[0] && variable_is_input(name) && !strv_contains(names, name))
            strv_push(names, name);
    }
    strv_sort(names);
}

static void add_inputs(json_t *env, struct strv *left_out)
{
    auto_strv struct strv names = STRV_INIT;

    list_inputs(&names);
    for (size_t i = 0; i < names.count; i++)
        if (!try_set(env, names.items[i], getenv(names.items[i])) && left_out)
            strv_push(left_out, names.items[i]);
}

void hook_env_left_out(struct strv *names)
{
    json_t *env = json_object();

    add_inputs(env, names);
    json_decref(env);
}

json_t *hook_env_inputs(const struct strv *extra)
{
    json_t *env = json_object();

    add_inputs(env, NULL);
    for (size_t i = 0; i < extra->count; i++) {
        auto_free char *name = xstrndup(extra->items[i], strcspn(extra->items[i], "="));
        set(env, name, strchr(extra->items[i], '=') + 1);
    }
    return env;
}

/* A toolchain before the system's own: it is the one that the user would get. */
static char *search_path(const char *env_dir, const char *tools, const char *rest)
{
    struct str path = STR_INIT;

    str_addf(&path, "%s/bin:", env_dir);
    if (tools)
        str_addf(&path, "%s:", tools);
    str_add(&path, rest);
    return str_detach(&path);
}

static void take_from_caller(json_t *env, const char *name)
{
    const char *value = getenv(name);

    if (value)
        set(env, name, value);
    else
        (void)json_object_del(env, name);
}

/* All of the caller's variables that the build does not have yet. */
static void add_callers(json_t *env)
{
    extern char **environ;

    for (char **p = environ; *p; p++) {
        auto_free char *name = xstrndup(*p, strcspn(*p, "="));
        if (!json_object_get(env, name))
            take_from_caller(env, name);
    }
}

/* For tests: what a build would see without the guards that they switched off (base/guard.h). */
static void open_guards(json_t *env, const char *env_dir, const char *tools)
{
    static const struct {
        const char *guard, *name;
    } guarded[] = {
        {"home", "HOME"},
        {"home", "CARGO_HOME"},
        {"tmpdir", "TMPDIR"},
        {"user", "USER"},
        {"user", "LOGNAME"},
        {"hashseed", "PYTHONHASHSEED"},
        {"timezone", "TZ"},
        {"locale", "LC_ALL"},
        {"locale", "LANG"},
        {"epoch", "SOURCE_DATE_EPOCH"},
        {"processors", "OMP_NUM_THREADS"},
    };

    if (!guards_off())
        return;
    for (size_t i = 0; i < ARRAY_SIZE(guarded); i++)
        if (guard_is_off(guarded[i].guard))
            take_from_caller(env, guarded[i].name);
    if (guard_is_off("path"))
        set_taken(env, "PATH",
                  search_path(env_dir, tools, getenv("PATH") ? getenv("PATH") : default_path));
    if (guard_is_off("env"))
        add_callers(env);
    take_from_caller(env, "TRUEWHEEL_TEST_GUARDS_OFF"); /* for the guards inside of a Python */
}

json_t *hook_env_make(const char *job_dir, const char *env_dir, const struct strv *extra,
                      const char *tools)
{
    json_t *env = hook_env_inputs(extra);

    set_taken(env, "PATH", search_path(env_dir, tools, hook_env_path(extra)));
    set_taken(env, "HOME", xasprintf("%s/home", job_dir));
    set_taken(env, "TMPDIR", xasprintf("%s/tmp", job_dir));
    set_taken(env, "CARGO_HOME", xasprintf("%s/cargo", job_dir));
    set(env, "CARGO_NET_OFFLINE", "true");
    set_taken(env, "CARGO_MAKEFLAGS", xasprintf("-j --jobserver-auth=fifo:%s/jobserver", job_dir));
    set(env, "LC_ALL", "C.UTF-8");
    set(env, "TZ", "UTC");
    set(env, "TERM", "dumb");
    set(env, "SHELL", "/bin/sh");
    set(env, "USER", "builder");
    set(env, "LOGNAME", "builder");
    set(env, "PYTHONHASHSEED", "0");
    set(env, "OMP_NUM_THREADS", processors);
    set(env, "PYTHONNOUSERSITE", "1");
    set(env, "PYTHONDONTWRITEBYTECODE", "1");
    if (!json_object_get(env, "SOURCE_DATE_EPOCH"))
        set(env, "SOURCE_DATE_EPOCH", default_epoch);
    open_guards(env, env_dir, tools);
    for (size_t i = 0; i < extra->count; i++) {
        auto_free char *name = xstrndup(extra->items[i], strcspn(extra->items[i], "="));
        if (strcmp(name, "PATH") != 0) /* what was asked for by name wins over the fixed ones */
            set(env, name, strchr(extra->items[i], '=') + 1);
    }
    return env;
}

void hook_env_compile_serially(json_t *env)
{
    set(env, "TRUEWHEEL_SERIAL_OBJECTS", "1");
}

bool hook_env_has(const char *name, const struct strv *extra)
{
    json_t *env = hook_env_make("", "", extra, NULL);
    bool has = json_object_get(env, name) != NULL;

    json_decref(env);
    return has;
}

json_t *hook_env_for_fetch(const char *job_dir, const char *tools)
{
    static const char *const passed[] = {
        "CARGO_HTTP_", "CARGO_NET_",  "CARGO_REGISTRIES_", "CARGO_REGISTRY_", "CARGO_SOURCE_",
        "SSL_CERT_",   "http_proxy=", "https_proxy=",      "HTTP_PROXY=",     "HTTPS_PROXY=",
        "ALL_PROXY=",  "NO_PROXY=",   "no_proxy="};
    extern char **environ;
    json_t *env = json_object();

    for (char **p = environ; *p; p++)
        for (size_t i = 0; i < ARRAY_SIZE(passed); i++)
            if (str_starts(*p, passed[i]) && strchr(*p, '=')) {
                auto_free char *name = xstrndup(*p, strcspn(*p, "="));
                set(env, name, strchr(*p, '=') + 1);
            }
    set_taken(env, "PATH", xasprintf("%s:%s", tools, default_path));
    set_taken(env, "HOME", xasprintf("%s/home", job_dir));
    set_taken(env, "TMPDIR", xasprintf("%s/tmp", job_dir));
    set_taken(env, "CARGO_HOME", xasprintf("%s/cargo", job_dir));
    set(env, "LC_ALL", "C.UTF-8");
    return env;
}

static void append_flag(json_t *env, const char *name, const char *flag)
{
    const char *old = json_string_value(json_object_get(env, name));

    set_taken(env, name, old ? xasprintf("%s %s", old, flag) : xstrdup(flag));
}

void hook_env_map_path(json_t *env, const char *real, const char *canonical)
{
    static const char *const c_like[] = {"CFLAGS", "CXXFLAGS", "FFLAGS", "FCFLAGS"};
    auto_free char *c = xasprintf("-ffile-prefix-map=%s=%s", real, canonical);
    auto_free char *rust = xasprintf("--remap-path-prefix=%s=%s", real, canonical);

    for (size_t i = 0; i < ARRAY_SIZE(c_like); i++)
        append_flag(env, c_like[i], c);
    append_flag(env, "RUSTFLAGS", rust);
}
