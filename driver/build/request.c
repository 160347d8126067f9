/* The sandbox of an attempt, and what is asked of the engine. */
#include "build/attempt.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/io.h"
#include "base/json.h"
#include "base/path.h"
#include "base/str.h"
#include "system/memory.h"
#include "sandbox/paths.h"
#include "inputs/compiler_caches.h"
#include "inputs/hook_env.h"
#include "inputs/named_paths.h"
#include "build/build_key.h"

/* Memory below which a job directory goes to disk, and the size of an archive that always does. */
enum { TMPFS_MIN_BYTES_MIB = 1536, TMPFS_MAX_ARCHIVE_MIB = 256 };

/* -------------------------------------------------------------------------------- the sandbox */

static uint64_t memory_for_files(const struct builder *b)
{
    uint64_t available = memory_available();

    return b->options->memory && b->budget.max_bytes < available ? b->budget.max_bytes : available;
}

/* Memory is faster and its directory order a function of the build; disk is for what is too big. */
static bool fits_in_memory(const struct attempt *a, uint64_t available)
{
    struct stat st;
    const uint64_t mib = 1 << 20;

    if (guard_is_off("tmpfs") || a->builder->options->on_disk ||
        available / (uint64_t)a->builder->slots < TMPFS_MIN_BYTES_MIB * mib)
        return false;
    return !a->spec.archive_host || stat(a->spec.archive_host, &st) < 0 ||
           (uint64_t)st.st_size < TMPFS_MAX_ARCHIVE_MIB * mib;
}

/*
 * The limit of a job in memory. Builds see it (statvfs), so it is a power of two, not what happens
 * to be free to the byte. It is no share of the memory: a limit takes none, and one large build
 * beside small ones has to have what it would have had alone.
 */
static uint64_t tmpfs_size(uint64_t available)
{
    uint64_t size = 1;

    while (size <= available / 4 * 3 / 2)
        size *= 2;
    return size;
}

static int make_work_dir(struct attempt *a, struct err *err)
{
    int ret = builder_new_dir(a->builder, "work", &a->work_host, err);

    if (ret == 0)
        a->spec.work_host = xstrdup(a->work_host);
    return ret;
}

static void add_bind(struct attempt *a, const char *path, bool writable)
{
    VEC_GROW(&a->spec.binds);
    a->spec.binds.items[a->spec.binds.count++] =
        (struct sandbox_bind){.path = xstrdup(path), .writable = writable};
}

static bool is_bound(const struct attempt *a, const char *path)
{
    for (size_t i = 0; i < a->spec.binds.count; i++)
        if (str_eq(a->spec.binds.items[i].path, path))
            return true;
    return false;
}

/* Toolchains that its variables name are shown as those of --env are. */
static void add_binds_of_settings(struct attempt *a)
{
    const struct package_settings *settings = &a->build->source->settings;
    auto_strv struct strv none = STRV_INIT;
    struct named_paths paths = {0};

    for (size_t i = 0; i < settings->binds.count; i++) {
        bool writable = false;
        auto_free char *path = wheel_bind_path(settings->binds.items[i], &writable);
        if (!is_bound(a, path))
            add_bind(a, path, writable);
    }
    if (a->builder->mode != SANDBOX_NAMESPACES ||
        settings->env.count + settings->default_env.count == 0)
        return;
    auto_strv struct strv variables = STRV_INIT;
    attempt_env(a, &variables);
    named_paths_list(&variables, &none, &paths);
    for (size_t i = 0; i < paths.shown.count; i++)
        if (!is_bound(a, paths.shown.items[i]))
            add_bind(a, paths.shown.items[i], false);
    named_paths_release(&paths);
}

static void add_binds(struct attempt *a)
{
    const struct sandbox_binds *binds = &a->builder->binds;

    for (size_t i = 0; i < binds->count; i++)
        add_bind(a, binds->items[i].path, binds->items[i].writable);
    add_binds_of_settings(a);
    if (!a->build->source->isolated && a->builder->environment.prefix)
        add_bind(a, a->builder->environment.prefix, false);
    if (!a->build->source->crates)
        return;
    auto_strv struct strv authorities = STRV_INIT;
    named_paths_of_fetch(&authorities);
    add_bind(a, a->build->source->crates->sysroot, false);
    for (size_t i = 0; i < authorities.count; i++)
        add_bind(a, authorities.items[i], false);
}

/* Below what is shown they may lie, where TMPDIR or the cache is there. */
static void hide_own_files(struct attempt *a)
{
    strv_push(&a->spec.hide, a->builder->dir);
    if (store_is_open(&a->builder->store))
        strv_push(&a->spec.hide, a->builder->store.path);
}

/* One of its own, in which the kernel ends the whole build when memory is short. */
static int prepare_cgroup(struct attempt *a, struct err *err)
{
    auto_free char *path = builder_new_name(a->builder, "job");
    auto_free char *processes = xasprintf("%d", BUDGET_MAX_PROCESSES);

    a->spec.processes_max = BUDGET_MAX_PROCESSES;
    if (!a->builder->cgroup.top)
        return 0;
    int ret = cgroup_add(&a->builder->cgroup, path_base(path), &a->spec.cgroup, err);
    if (ret == 0)
        ret = cgroup_set(a->spec.cgroup, "memory.oom.group", "1", err);
    if (ret == 0)
        ret = cgroup_set(a->spec.cgroup, "pids.max", processes, err);
    return ret;
}

void attempt_env(const struct attempt *a, struct strv *ret_env)
{
    package_settings_env(&a->build->source->settings, &a->builder->options->env, ret_env);
}

int64_t attempt_time_limit(const struct attempt *a)
{
    return package_settings_timeout(&a->build->source->settings, a->builder->options->timeout_ms);
}

int attempt_prepare(struct attempt *a, struct err *err)
{
    const struct source *source = a->build->source;
    struct sandbox_spec *spec = &a->spec;
    uint64_t available = memory_for_files(a->builder);
    int ret;

    spec->mode = a->builder->mode;
    spec->root = xstrdup(a->builder->root);
    spec->dir = guard_is_off("stable-path") ? xasprintf("%s-%d", source->dir, (int)getpid())
                                            : xstrdup(source->dir);
    spec->env_hash = xstrdup(a->build->env->hash);
    if (spec->mode == SANDBOX_NAMESPACES)
        spec->env_host = xstrdup(a->build->env->result.path);
    spec->archive_host = source->archive ? xstrdup(source->archive) : NULL;
    sandbox_trees_copy(&spec->trees, &source->trees);
    spec->network = build_has_network(a->builder, a->build);
    spec->settled = build_is_settled(a->builder, a->build);
    spec->fetch = source->crates != NULL;
    add_binds(a);
    hide_own_files(a);
    spec->tmpfs = spec->mode == SANDBOX_NAMESPACES && fits_in_memory(a, available);
    spec->tmpfs_bytes = spec->tmpfs ? tmpfs_size(available) : 0;
    if (!spec->tmpfs && spec->mode != SANDBOX_LOCKED && (ret = make_work_dir(a, err)) < 0)
        return ret;
    return prepare_cgroup(a, err);
}

/* --------------------------------------------------------------------------------- the request */

static void add_archive(json_t *msg, const char *job_path, const char *host)
{
    auto_free char *path = xasprintf("%s/sdist/%s", job_path, path_base(host));

    (void)json_object_set_new(msg, "archive", json_bytes(path));
}

static json_t *make_source(const struct attempt *a, const char *job_path)
{
    const struct source *source = a->build->source;
    json_t *msg = json_pack(
        "{s:o, s:s, s:o, s:O, s:o, s:b}", "subdirectory", json_bytes(source->subdirectory),
        "backend", source->backend, "backend_path", json_from_strings(&source->backend_path),
        "config_settings", source->config_settings, "requires",
        json_from_strings(&source->requires), "check_requires", source->check_requires);

    if (a->spec.archive_host)
        add_archive(msg, job_path, a->spec.archive_host);
    if (source->expect)
        (void)json_object_set(msg, "expect", source->expect);
    if (source->change)
        (void)json_object_set(msg, "change", source->change);
    return msg;
}

static json_t *make_spec(const struct attempt *a, const json_t *variables, const json_t *settings)
{
    auto_strv struct strv caches = STRV_INIT;
    json_t *spec = sandbox_spec_to_json(&a->spec);
    json_t *without = json_object_get(spec, "without");

    compiler_caches_unasked(variables, settings, &caches);
    for (size_t i = 0; i < caches.count; i++)
        (void)json_array_append_new(without, json_string(caches.items[i]));
    return spec;
}

/* What cargo is given to fetch crates with, before the hooks run; NULL: there are none. */
static json_t *make_fetch(const struct attempt *a, const char *job_path)
{
    const struct source_crates *crates = a->build->source->crates;

    if (!crates)
        return NULL;
    return json_pack("{s:s, s:o}", "config", crates->config, "environ",
                     hook_env_for_fetch(job_path, crates->bin));
}

/* Mapped mode: compilers write the canonical paths where they see the real ones. */
static void map_paths(const struct attempt *a, const char *job_path, const char *env_path,
                      json_t *variables)
{
    const char *root = a->builder->root, *hash = a->build->env->hash;
    auto_free char *job = sandbox_path_job(SANDBOX_NAMESPACES, root, a->build->source->dir, NULL);
    auto_free char *env = sandbox_path_env(SANDBOX_NAMESPACES, root, hash, NULL);

    if (a->builder->mode != SANDBOX_MAPPED)
        return;
    hook_env_map_path(variables, job_path, job);
    hook_env_map_path(variables, env_path, env);
}

/*
 * More directories for PATH, or NULL: the Rust toolchain's, and without isolation the virtual
 * environment's, in which what is installed has its scripts.
 */
static char *list_tools(const struct attempt *a)
{
    const struct source *source = a->build->source;
    const char *prefix = source->isolated ? NULL : a->builder->environment.prefix;
    const char *rust = source->crates ? source->crates->bin : NULL;

    if (prefix)
        return xasprintf("%s/bin%s%s", prefix, rust ? ":" : "", rust ? rust : "");
    return rust ? xstrdup(rust) : NULL;
}

json_t *attempt_request(const struct attempt *a)
{
    const struct source *source = a->build->source;
    const struct env *env = a->build->env;
    auto_free char *job_path = sandbox_path_of(&a->spec);
    auto_free char *env_path =
        sandbox_path_env(a->builder->mode, a->builder->root, env->hash, env->result.path);
    auto_free char *tools = list_tools(a);
    auto_strv struct strv asked = STRV_INIT;

    attempt_env(a, &asked);
    json_t *variables = hook_env_make(job_path, env_path, &asked, tools);
    if (a->builder->options->serial_compile)
        hook_env_compile_serially(variables);
    map_paths(a, job_path, env_path, variables);
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:o*}", "op", "build", "spec",
                     make_spec(a, variables, source->config_settings), "job", json_bytes(job_path),
                     "env", json_bytes(env_path), "source", make_source(a, job_path), "environ",
                     variables, "requires_final", a->build->requires_final, "guest",
                     build_has_guest(a->builder), "fetch", make_fetch(a, job_path));
}
