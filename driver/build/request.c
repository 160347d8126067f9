#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/io.h"
#include "base/json.h"
#include "base/path.h"
#include "base/str.h"
#include "wheel/wheel_name.h"
#include "sandbox/memory.h"
#include "inputs/compiler_caches.h"
#include "inputs/hook_env.h"
#include "build/attempt.h"

/* Memory below which a job directory goes to disk, and the size of an archive that always does. */
enum { TMPFS_MIN_BYTES_MIB = 1536, TMPFS_MAX_ARCHIVE_MIB = 256 };

/* -------------------------------------------------------------------------------- the sandbox */

static bool network_allowed(const struct attempt *a)
{
    const struct strv *names = &a->run->options->allow_network;
    const char *name = source_text(a, "name");

    for (size_t i = 0; i < names->count; i++)
        if (wheel_dist_equal(names->items[i], name))
            return true;
    return false;
}

static char *source_path(const struct attempt *a, const char *field)
{
    const char *path = source_text(a, field);

    return path[0] ? xstrdup(path) : NULL;
}

/* Memory is faster and its directory order a function of the build; disk is for what is too big. */
static bool fits_in_memory(const struct attempt *a, uint64_t available)
{
    struct stat st;
    const uint64_t mib = 1 << 20;

    if (guard_is_off("tmpfs") || available / (uint64_t)a->run->slots < TMPFS_MIN_BYTES_MIB * mib)
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
    static atomic_uint counter;

    a->work_host = xasprintf("%s/work-%u", a->run->dir, atomic_fetch_add(&counter, 1));
    a->spec.work_host = xstrdup(a->work_host);
    return make_dirs(a->work_host, 0700, err);
}

static void add_bind(struct attempt *a, const char *path, bool writable)
{
    VEC_GROW(&a->spec.binds);
    a->spec.binds.items[a->spec.binds.count++] =
        (struct sandbox_bind){.path = xstrdup(path), .writable = writable};
}

/* What the resolver found out about the crates of the source and the toolchain for them; or NULL. */
static const json_t *crates_of(const struct attempt *a)
{
    return json_object_get(a->build->source, "crates");
}

static void add_binds(struct attempt *a)
{
    const struct sandbox_binds *binds = &a->run->binds;

    for (size_t i = 0; i < binds->count; i++)
        add_bind(a, binds->items[i].path, binds->items[i].writable);
    if (crates_of(a))
        add_bind(a, json_text(crates_of(a), "sysroot"), false);
}

int attempt_prepare(struct attempt *a, struct err *err)
{
    struct sandbox_spec *spec = &a->spec;
    uint64_t available = sandbox_memory_available();

    spec->mode = a->run->mode;
    spec->root = xstrdup(a->run->root);
    spec->dir = guard_is_off("stable-path") ? xasprintf("%s-%d", a->build->dir, (int)getpid())
                                            : xstrdup(a->build->dir);
    spec->env_hash = xstrdup(a->build->env->hash);
    if (spec->mode == SANDBOX_NAMESPACES)
        spec->env_host = xstrdup(a->build->env->path);
    spec->archive_host = source_path(a, "archive");
    spec->tree_host = source_path(a, "tree");
    spec->network = network_allowed(a);
    spec->fetch = crates_of(a) != NULL;
    add_binds(a);
    spec->tmpfs = spec->mode == SANDBOX_NAMESPACES && fits_in_memory(a, available);
    spec->tmpfs_bytes = spec->tmpfs ? tmpfs_size(available) : 0;
    if (!spec->tmpfs && spec->mode != SANDBOX_LOCKED)
        return make_work_dir(a, err);
    return 0;
}

/* --------------------------------------------------------------------------------- the request */

static json_t *make_source(const struct attempt *a, const char *job_path)
{
    static const char *const fields[] = {"subdirectory",    "backend",  "backend_path",
                                         "config_settings", "requires", "check_requires"};
    json_t *source = json_object();

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        (void)json_object_set(source, fields[i], json_object_get(a->build->source, fields[i]));
    if (a->spec.archive_host)
        (void)json_object_set_new(
            source, "archive",
            json_sprintf("%s/sdist/%s", job_path, path_base(a->spec.archive_host)));
    return source;
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

json_t *attempt_request(const struct attempt *a)
{
    auto_free char *job_path = sandbox_job_path(&a->spec);
    auto_free char *env_path = a->run->mode == SANDBOX_MAPPED
                                   ? xstrdup(a->build->env->path)
                                   : xasprintf("%s/env/%s", a->run->root, a->build->env->hash);
    const char *tools = crates_of(a) ? json_text(crates_of(a), "bin") : NULL;
    json_t *variables = hook_env_make(job_path, env_path, &a->run->options->env, tools);
    json_t *source = make_source(a, job_path);
    json_t *fetch = NULL;

    if (crates_of(a))
        fetch = json_pack("{s:s, s:o}", "config", json_text(crates_of(a), "config"), "environ",
                          hook_env_for_fetch(job_path, tools));

    if (a->run->mode == SANDBOX_MAPPED)
        hook_env_map_paths(variables, a->run->root, a->build->dir, job_path, env_path,
                           a->build->env->hash);
    return json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:b, s:o*}", "op", "build", "spec",
                     make_spec(a, variables, json_object_get(source, "config_settings")), "job",
                     job_path, "env", env_path, "source", source, "environ", variables,
                     "requires_final", a->build->requires_final, "fetch", fetch);
}
