/* The store as a whole: listing, verifying, shrinking. */
#include "store/clean.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/num.h"
#include "base/path.h"
#include "base/str.h"
#include "base/vec.h"
#include "system/tree_digest.h"
#include "store/envs.h"
#include "store/proofs.h"
#include "store/runs.h"
#include "store/wheels.h"

enum { DIR_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, DAY_S = 24 * 60 * 60 };

void store_items_release(struct store_items *items)
{
    for (size_t i = 0; i < items->count; i++)
        free(items->items[i].name);
    free(items->items);
    *items = (struct store_items){0};
}

/* -------------------------------------------------------------------------------------- listing */

static const struct {
    char *(*name)(const struct store *store, const char *digest);
    bool (*is_whole)(const struct store *store, const char *digest);
} kinds[] = {
    [STORE_WHEELS] = {stored_wheel_name, stored_wheel_is_whole},
    [STORE_ENVS] = {stored_env_name, stored_env_is_whole},
    [STORE_RUNS] = {stored_run_name, stored_run_is_whole},
    [STORE_PROOFS] = {stored_proof_name, stored_proof_is_whole},
};

static uint64_t bytes_of(const struct store *store, enum store_kind kind, const char *digest,
                         int dir, const char *name)
{
    uint64_t known = kind == STORE_ENVS ? stored_env_bytes(store, digest) : 0;

    return known ? known : tree_size(dir, name);
}

/* A clock that was set back must not make the newest entries the oldest. */
static int64_t used_at(const struct stat *st, int64_t now)
{
    return st->st_mtim.tv_sec < now ? st->st_mtim.tv_sec : now;
}

static void add_item(const struct store *store, enum store_kind kind, int dir, const char *digest,
                     int64_t now, struct store_items *items)
{
    struct stat st;

    if (strlen(digest) != SHA256_HEX - 1 || fstatat(dir, digest, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        !S_ISDIR(st.st_mode))
        return; /* gone meanwhile, or not ours */
    VEC_GROW(items);
    struct store_item *item = &items->items[items->count++];
    *item = (struct store_item){.kind = kind,
                                .name = kinds[kind].name(store, digest),
                                .bytes = bytes_of(store, kind, digest, dir, digest),
                                .used_s = used_at(&st, now)};
    memcpy(item->digest, digest, SHA256_HEX);
}

static int list_kind(const struct store *store, enum store_kind kind, int64_t now,
                     struct store_items *items, struct err *err)
{
    auto_close int top = openat(store->fd, store_kind_name(kind), DIR_FLAGS);
    auto_strv struct strv groups = STRV_INIT;

    if (top < 0)
        return errno == ENOENT ? 0 : err_errno(err, errno, "cannot list the store");
    int ret = list_dir(top, 0, &groups, err);
    for (size_t i = 0; ret == 0 && i < groups.count; i++) {
        auto_strv struct strv digests = STRV_INIT;
        auto_close int group = openat(top, groups.items[i], DIR_FLAGS);
        if (group < 0 || list_dir(group, 0, &digests, NULL) < 0)
            continue;
        for (size_t k = 0; k < digests.count; k++)
            add_item(store, kind, group, digests.items[k], now, items);
    }
    return ret;
}

static int compare_use(const void *a, const void *b)
{
    const struct store_item *x = a, *y = b;

    if (x->used_s != y->used_s)
        return x->used_s < y->used_s ? -1 : 1;
    return strcmp(x->digest, y->digest);
}

int store_list(const struct store *store, struct store_items *ret_items, struct err *err)
{
    int64_t now = time(NULL);
    int ret = 0;

    *ret_items = (struct store_items){0};
    for (int kind = 0; ret == 0 && kind < STORE_KIND_COUNT; kind++)
        ret = list_kind(store, (enum store_kind)kind, now, ret_items, err);
    if (ret_items->count)
        qsort(ret_items->items, ret_items->count, sizeof(*ret_items->items), compare_use);
    return ret;
}

/* --------------------------------------------------------------------------------------- bounds */

static int read_size(const char *text, uint64_t *ret_bytes, struct err *err)
{
    if (parse_size(text, ret_bytes))
        return 0;
    return err_set(err, ERR_USAGE, "TRUEWHEEL_CACHE_MAX_SIZE is '%s', not a size such as 5G", text);
}

static int read_age(const char *text, int64_t *ret_age_s, struct err *err)
{
    int days;

    if (!parse_int(text, 0, 36500, &days))
        return err_set(err, ERR_USAGE, "TRUEWHEEL_CACHE_MAX_AGE is '%s', not a number of days",
                       text);
    *ret_age_s = (int64_t)days * DAY_S;
    return 0;
}

int store_bounds_default(const struct store *store, struct store_bounds *ret_bounds,
                         struct err *err)
{
    const char *size = getenv("TRUEWHEEL_CACHE_MAX_SIZE");
    const char *age = getenv("TRUEWHEEL_CACHE_MAX_AGE");
    struct statvfs fs;
    int ret = 0;

    *ret_bounds = (struct store_bounds){.max_bytes = UINT64_C(10) << 30, .max_age_s = 90 * DAY_S};
    if (fstatvfs(store->fd, &fs) == 0) {
        uint64_t tenth = (uint64_t)fs.f_blocks * fs.f_frsize / 10;
        if (tenth && tenth < ret_bounds->max_bytes)
            ret_bounds->max_bytes = tenth;
    }
    if (size && size[0])
        ret = read_size(size, &ret_bounds->max_bytes, err);
    if (ret == 0 && age && age[0])
        ret = read_age(age, &ret_bounds->max_age_s, err);
    return ret;
}

/* ------------------------------------------------------------------------------------ shrinking */

int store_claim(struct store *store, const struct lock_wait *wait, struct err *err)
{
    if (!store->writable)
        return err_set(err, EROFS, "the store '%s' cannot be written to", store->path);
    /* Its own shared lock is changed, not held beside: two that cleaned would wait for each other. */
    return wait ? lock_acquire(&store->use, LOCK_EXCLUSIVE, wait, err)
                : lock_try(&store->use, LOCK_EXCLUSIVE, err);
}

static bool is_beyond(const struct store_item *item, const struct store_bounds *bounds,
                      uint64_t bytes, int64_t now)
{
    bool too_old = bounds->max_age_s && now - item->used_s > bounds->max_age_s;
    bool too_much = bounds->max_bytes && bytes > bounds->max_bytes;

    return too_old || too_much;
}

/* Lock files whose entries nobody makes: all of them, while nobody uses the store. */
static void remove_locks(const struct store *store)
{
    auto_close int dir = openat(store->fd, "locks", DIR_FLAGS);
    auto_strv struct strv names = STRV_INIT;

    if (dir < 0 || list_dir(dir, 0, &names, NULL) < 0)
        return;
    for (size_t i = 0; i < names.count; i++)
        (void)unlinkat(dir, names.items[i], 0); /* an empty file */
}

int store_shrink(struct store *store, const struct store_bounds *bounds,
                 struct store_change *ret_change, struct err *err)
{
    struct store_items items = {0};
    int64_t now = time(NULL);
    uint64_t bytes = 0;
    int ret = store_list(store, &items, err);

    *ret_change = (struct store_change){0};
    for (size_t i = 0; i < items.count; i++)
        bytes += items.items[i].bytes;
    for (size_t i = 0; ret == 0 && i < items.count; i++) {
        const struct store_item *item = &items.items[i];
        if (!is_beyond(item, bounds, bytes, now)) {
            ret_change->kept++;
            ret_change->kept_bytes += item->bytes;
            continue;
        }
        ret = store_drop(store, item->kind, item->digest, err);
        bytes -= item->bytes;
        ret_change->removed++;
        ret_change->removed_bytes += item->bytes;
    }
    remove_locks(store);
    if (!ret_change->kept)
        (void)remove_tree_at(store->fd, "times", NULL); /* of use only beside what is stored */
    store_items_release(&items);
    return ret;
}

/* False: it was done within a day. Else the day begins anew. */
static bool is_due(const struct store *store)
{
    auto_close int fd = openat(store->fd, "tidied", O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
    struct stat st;
    int64_t now = time(NULL);

    if (fd < 0 || fstat(fd, &st) < 0)
        return false;
    bool is_new = now - st.st_ctim.tv_sec < 60; /* of a new store: nothing to do yet */
    bool recent = st.st_mtim.tv_sec <= now && now - st.st_mtim.tv_sec < DAY_S;
    if (recent || is_new)
        return false;
    return futimens(fd, NULL) == 0;
}

void store_tidy(struct store *store)
{
    struct store_bounds bounds;
    struct store_change change;

    if (store_is_open(store) && store->writable && is_due(store) &&
        store_bounds_default(store, &bounds, NULL) == 0 && store_claim(store, NULL, NULL) == 0)
        (void)store_shrink(store, &bounds, &change, NULL);
}

/* ------------------------------------------------------------------------------------ verifying */

int store_verify(struct store *store, struct store_items *items, struct err *err)
{
    int ret = store_list(store, items, err);

    for (size_t i = 0; ret == 0 && i < items->count; i++) {
        struct store_item *item = &items->items[i];
        item->damaged = !kinds[item->kind].is_whole(store, item->digest);
    }
    return ret;
}
