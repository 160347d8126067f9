/* Which builds come from the store, and which go into it. */
#include "build/stored.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/path.h"
#include "base/str.h"
#include "inputs/listing.h"
#include "wheel/wheel_name.h"
#include "store/times.h"
#include "store/wheels.h"
#include "build/build_key.h"

static bool is_refreshed(const struct builder *builder, const struct build *build)
{
    const struct strv *names = &builder->options->refresh;

    return strv_contains(names, ":all:") || wheel_dist_in_list(names, build->project);
}

/*
 * A local tree is looked at by the resolver, and seen by the build later: its key holds only for a tree
 * that nobody has changed since. The repository's directory is what the resolver made of it.
 */
static const char *why_not_tree(const struct source *source)
{
    static const char *const skip[] = {".git", ".hg", ".svn", NULL};
    int64_t newest_ns = 0;

    if (source->archive)
        return NULL;
    if (!source->looked_ns)
        return "not all that the build sees of version control is in its key";
    for (size_t i = 0; i < source->looked_at.count; i++)
        if (listing_newest(source->looked_at.items[i], skip, &newest_ns, NULL) < 0 ||
            newest_ns >= source->looked_ns - CLOCK_TICK_NS)
            return "something in its directory has been changed since it was looked at";
    return NULL;
}

static bool is_function_of_key(const struct builder *builder, const struct build *build)
{
    return builder->mode != SANDBOX_MAPPED && build->env->isolated &&
           !builder->machine.incomplete && !build->source->settings.inputs.incomplete &&
           build_is_settled(builder, build);
}

bool stored_may_serve(const struct builder *builder, const struct build *build)
{
    return store_is_open(&builder->store) && is_function_of_key(builder, build) &&
           !is_refreshed(builder, build);
}

/* -------------------------------------------------------------------------------------- finding */

static void take_wheel(const struct builder *builder, const struct key *key,
                       struct stored_wheel *found, struct build_result *ret_result)
{
    char digest[SHA256_HEX];

    key_digest(key, digest);
    auto_free char *entry = store_entry_name(STORE_WHEELS, digest);
    *ret_result = (struct build_result){
        .ms = (int64_t)(found->seconds * 1000),
        .cpu_ms = (uint64_t)(found->cpu_seconds * 1000),
        .on_disk = found->on_disk,
        .from_store = true,
    };
    ret_result->crates = steal(&found->crates);
    ret_result->clock = xstrdup("settled"); /* no other is kept */
    ret_result->wheel.path = xasprintf("%s/%s/%s", builder->store.path, entry, found->file);
    ret_result->wheel.name = steal(&found->file);
    ret_result->wheel.project = steal(&found->project);
    ret_result->wheel.version = steal(&found->version);
    memcpy(ret_result->wheel.sha256, found->sha256, SHA256_HEX);
}

int stored_find(struct builder *builder, const struct build *build, struct build_result *ret_result,
                char **ret_metadata, struct strv *ret_missing, struct err *err)
{
    auto_key struct key key = KEY_INIT;
    struct stored_wheel wheel;
    auto_close int fd = -1;

    build_key_whole(builder, build, &key);
    bool sandboxed = builder->mode == SANDBOX_NAMESPACES;
    int ret = stored_wheel_find(&builder->store, &key, sandboxed, &wheel, &fd, err);
    if (ret < 0)
        return ret;
    if (wheel.missing) {
        json_add_strings(wheel.missing, ret_missing);
    } else {
        *ret_metadata = steal(&wheel.metadata);
        take_wheel(builder, &key, &wheel, ret_result);
    }
    stored_wheel_release(&wheel);
    return 0;
}

/* -------------------------------------------------------------------------------------- keeping */

static struct stored_wheel describe(const struct builder *builder,
                                    const struct build_result *result, const char *metadata,
                                    const struct strv *missing)
{
    struct stored_wheel wheel = {.sandboxed = builder->mode == SANDBOX_NAMESPACES};

    if (missing) {
        wheel.missing = json_from_strings(missing);
        return wheel;
    }
    wheel.file = xstrdup(result->wheel.name);
    wheel.sha256 = xstrdup(result->wheel.sha256);
    wheel.project = xstrdup(result->wheel.project);
    wheel.version = xstrdup(result->wheel.version);
    wheel.metadata = metadata ? xstrdup(metadata) : NULL;
    wheel.crates = result->crates ? xstrdup(result->crates) : NULL;
    wheel.seconds = (double)result->ms / 1000;
    wheel.cpu_seconds = (double)result->cpu_ms / 1000;
    wheel.on_disk = result->on_disk;
    return wheel;
}

/* Crates that no lock file names are those of the day, and a wheel that holds it is. */
static bool may_be_kept(const struct builder *builder, const struct build *build,
                        const struct build_result *result)
{
    bool of_the_day = (result->crates && !str_eq(result->crates, "locked")) || result->traces ||
                      (result->clock && !str_eq(result->clock, "settled"));

    return store_is_open(&builder->store) && builder->store.writable &&
           is_function_of_key(builder, build) && !of_the_day;
}

static int open_file(const char *path)
{
    return path ? open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) : -1;
}

void stored_keep(struct builder *builder, const struct build *build,
                 const struct build_result *result, const char *metadata,
                 const struct strv *missing, const char *log_path)
{
    auto_key struct key key = KEY_INIT;
    auto_err struct err err = ERR_INIT;

    if (!missing)
        store_time_note(&builder->store, result->wheel.project, result->ms);
    if (!may_be_kept(builder, build, result))
        return;
    const char *why_not = why_not_tree(build->source);
    if (why_not) {
        log_debug("%s is not stored: %s", build->label, why_not);
        return;
    }
    auto_close int wheel_fd = missing ? -1 : open_file(result->wheel.path);
    auto_close int log_fd = open_file(log_path);
    struct stored_wheel wheel = describe(builder, result, metadata, missing);
    build_key_whole(builder, build, &key);
    if (is_refreshed(builder, build)) {
        char digest[SHA256_HEX];
        key_digest(&key, digest);
        (void)store_drop(&builder->store, STORE_WHEELS, digest, NULL); /* else the old one stays */
    }
    if (!missing && wheel_fd < 0)
        (void)err_errno(&err, errno, "cannot open '%s'", result->wheel.path);
    else
        (void)stored_wheel_add(&builder->store, &key, &wheel, wheel_fd, log_fd, &err);
    if (err.code)
        log_warn("%s is not stored, the next run builds it again: %s", build->label, err.message);
    stored_wheel_release(&wheel);
}

int64_t stored_time_ms(const struct builder *builder, const struct build *build)
{
    return store_time_ms(&builder->store, build->source->name);
}

int stored_lock(struct builder *builder, const struct build *build, const struct lock_wait *wait,
                struct lock *ret_lock, struct err *err)
{
    auto_key struct key key = KEY_INIT;
    char digest[SHA256_HEX];

    build_key_whole(builder, build, &key);
    key_digest(&key, digest);
    int ret = store_lock_entry(&builder->store, STORE_WHEELS, digest, ret_lock, err);
    if (ret == 0)
        ret = wait ? lock_acquire(ret_lock, LOCK_EXCLUSIVE, wait, err)
                   : lock_try(ret_lock, LOCK_EXCLUSIVE, err);
    if (ret < 0)
        lock_release(ret_lock);
    return ret;
}
