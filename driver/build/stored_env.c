/* Build environments from the store, and into it. */
#include "build/stored_env.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "store/envs.h"
#include "build/claim.h"

bool stored_env_serves(const struct builder *builder, const struct env *env)
{
    return store_is_open(&builder->store) && env->isolated && builder->mode != SANDBOX_MAPPED;
}

static json_t *describe(const struct wheel_files *wheels)
{
    json_t *list = json_array();

    for (size_t i = 0; i < wheels->count; i++) {
        const struct wheel_file *wheel = &wheels->items[i];
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "name", wheel->project,
                                                    "version", wheel->version, "file", wheel->name,
                                                    "sha256", wheel->sha256));
    }
    return list;
}

static int find(struct builder *builder, const struct env *env, char **ret_path, struct err *err)
{
    struct stored_env found;

    progress_begin(builder->progress, PROGRESS_STORE, env, env->hash, "look-up");
    int ret = stored_env_find(&builder->store, env->digest, &found, err);
    progress_end(builder->progress, env);

    if (ret < 0)
        return ret;
    *ret_path = steal(&found.path);
    stored_env_release(&found);
    return 0;
}

struct making {
    struct builder *builder;
    const struct env *env;
    const struct wheel_files *wheels;
    int (*fill)(void *arg, const char *directory, struct err *err);
    void *arg;
};

static int publish(const struct making *m, const char *staged, char **ret_path, struct err *err)
{
    struct stored_env made = {0};
    json_t *wheels = describe(m->wheels);
    int ret = stored_env_add(&m->builder->store, staged, m->env->digest, wheels, &made, err);

    json_decref(wheels);
    if (ret == 0)
        *ret_path = steal(&made.path);
    stored_env_release(&made);
    return ret;
}

/* An error of the store is none of the run's: it makes the environment elsewhere. */
static int give_up(const struct err *why)
{
    log_warn("build environments are not stored: %s", why->message);
    return -ENOENT;
}

static int make(const struct making *m, char **ret_path, struct err *err)
{
    auto_free char *staged = NULL, *tree = NULL;
    auto_err struct err why = ERR_INIT;

    if (stored_env_stage(&m->builder->store, &staged, &tree, &why) < 0)
        return give_up(&why);
    int ret = m->fill(m->arg, tree, err);
    if (ret < 0) {
        (void)remove_tree_at(AT_FDCWD, staged, NULL); /* else it goes with the staging area */
        return ret;
    }
    return publish(m, staged, ret_path, &why) < 0 ? give_up(&why) : 0;
}

/* Whoever holds it makes the environment; who waits finds it afterwards. */
static int lock_env(struct builder *builder, const struct env *env, struct lock *ret_lock,
                    struct err *err)
{
    auto_free char *path = xasprintf(SANDBOX_ENV_DIR "/%s", env->hash);
    struct claim_wait wait;

    claim_wait_init(&wait, builder, path);
    int ret = store_lock_entry(&builder->store, STORE_ENVS, env->digest, ret_lock, err);
    return ret == 0 ? lock_acquire(ret_lock, LOCK_EXCLUSIVE, &wait.lock, err) : ret;
}

int stored_env_get(struct builder *builder, const struct env *env, const struct wheel_files *wheels,
                   int (*fill)(void *arg, const char *directory, struct err *err), void *arg,
                   char **ret_path, struct err *err)
{
    const struct making making = {builder, env, wheels, fill, arg};
    auto_lock struct lock lock = LOCK_INIT;
    auto_err struct err why = ERR_INIT;

    int ret = find(builder, env, ret_path, &why);
    if (ret == 0)
        return 0;
    if (ret != -ENOENT || !builder->store.writable)
        return ret == -ENOENT ? ret : give_up(&why);
    ret = lock_env(builder, env, &lock, err);
    if (ret < 0)
        return ret;
    if (find(builder, env, ret_path, &why) == 0)
        return 0;
    return make(&making, ret_path, err);
}
