/* The digest of a tree's listing. */
#include "inputs/listing.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "base/vec.h"
#include "system/processors.h"
#include "system/thread.h"

enum { MAX_THREADS = 4 };

/* A directory that was listed. */
struct listed {
    char *path; /* from the tree's top; "" for the top itself */
    uint8_t digest[SHA256_BYTES];
    int64_t newest_ns;
};

/*
 * One directory is one piece of work, which finds more of them. A listing is mostly system calls, so that
 * several processors help.
 */
struct listing {
    const char *const *skip;
    int top;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct strv waiting; /* (lock) directories to list */
    size_t busy;         /* (lock) threads that list one */
    size_t entries;      /* (lock) */
    struct {
        struct listed *items;
        size_t count;
        size_t cap;
    } done;            /* (lock) */
    int64_t newest_ns; /* (lock) the last change of status */
    int ret;           /* (lock) the first failure ends the listing */
    struct err err;    /* (lock) */
};

static bool is_skipped(const struct listing *l, const char *name)
{
    for (const char *const *p = l->skip; p && *p; p++)
        if (strcmp(*p, name) == 0)
            return true;
    return false;
}

/* ---------------------------------------------------------------------------------- one directory */

/* The size of a directory and its time are the file system's affair. */
static void add_entry(struct sha256 *hash, int dirfd, const char *name, const struct stat *st)
{
    char target[PATH_MAX];
    ssize_t len = S_ISLNK(st->st_mode) ? readlinkat(dirfd, name, target, sizeof(target) - 1) : 0;
    bool dir = S_ISDIR(st->st_mode);
    const int64_t numbers[] = {st->st_mode, dir ? 0 : st->st_size,
                               dir ? 0 : timespec_ns(&st->st_mtim), len};

    sha256_update(hash, name, strlen(name) + 1);
    sha256_update(hash, numbers, sizeof(numbers));
    if (len > 0)
        sha256_update(hash, target, (size_t)len);
}

static void note_change(const struct stat *st, int64_t *newest_ns)
{
    int64_t changed_ns = timespec_ns(&st->st_ctim);

    if (changed_ns > *newest_ns)
        *newest_ns = changed_ns;
}

/* What goes meanwhile is as if it had never been there. */
static void add_entries(const struct listing *l, int fd, const char *path, const struct strv *names,
                        struct sha256 *hash, struct strv *ret_dirs, int64_t *newest_ns)
{
    struct stat st;

    for (size_t i = 0; i < names->count; i++) {
        const char *name = names->items[i];
        if (is_skipped(l, name) || fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        add_entry(hash, fd, name, &st);
        note_change(&st, newest_ns);
        if (S_ISDIR(st.st_mode))
            strv_push_owned(ret_dirs, path[0] ? path_join(path, name) : xstrdup(name));
    }
}

static int list_one(const struct listing *l, const char *path, struct strv *ret_dirs,
                    struct listed *ret_listed, size_t *ret_entries, struct err *err)
{
    auto_strv struct strv names = STRV_INIT;
    auto_close int fd =
        openat(l->top, path[0] ? path : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int ret = fd < 0 ? 0 : list_dir(fd, 0, &names, err); /* what we may not read, nor may a build */

    if (ret < 0)
        return ret;
    struct sha256 *hash = sha256_new();
    add_entries(l, fd, path, &names, hash, ret_dirs, &ret_listed->newest_ns);
    *ret_entries = names.count;
    ret_listed->path = xstrdup(path);
    sha256_final(hash, ret_listed->digest);
    return 0;
}

/* ---------------------------------------------------------------------------------------- all of them */

static void fail(struct listing *l, int ret, struct err *err)
{
    if (l->ret == 0) {
        l->ret = ret;
        err_move(&l->err, err);
    }
    strv_release(&l->waiting);
}

static char *take(struct listing *l)
{
    while (!l->waiting.count && l->busy)
        (void)pthread_cond_wait(&l->changed, &l->lock);
    if (!l->waiting.count)
        return NULL;
    char *path = l->waiting.items[--l->waiting.count];
    l->waiting.items[l->waiting.count] = NULL;
    l->busy++;
    return path;
}

static void give(struct listing *l, int ret, const struct listed *listed, size_t entries,
                 const struct strv *dirs, struct err *err)
{
    l->busy--;
    l->entries += entries;
    if (ret == 0 && l->entries > LISTING_MAX_ENTRIES)
        ret = err_errno(err, EFBIG, "more than %d files", LISTING_MAX_ENTRIES);
    if (listed->path) {
        VEC_GROW(&l->done);
        l->done.items[l->done.count++] = *listed;
        if (listed->newest_ns > l->newest_ns)
            l->newest_ns = listed->newest_ns;
    }
    if (ret < 0)
        fail(l, ret, err);
    else if (l->ret == 0)
        strv_extend(&l->waiting, dirs);
    (void)pthread_cond_broadcast(&l->changed);
}

static void *work(void *arg)
{
    struct listing *l = arg;

    (void)pthread_mutex_lock(&l->lock);
    for (char *path; (path = take(l));) {
        auto_err struct err err = ERR_INIT;
        auto_strv struct strv dirs = STRV_INIT;
        struct listed listed = {0};
        size_t entries = 0;
        (void)pthread_mutex_unlock(&l->lock);
        int ret = list_one(l, path, &dirs, &listed, &entries, &err);
        free(path);
        (void)pthread_mutex_lock(&l->lock);
        give(l, ret, &listed, entries, &dirs, &err);
    }
    (void)pthread_mutex_unlock(&l->lock);
    return NULL;
}

static void work_side_by_side(struct listing *l)
{
    pthread_t threads[MAX_THREADS];
    int wanted = processors_count(), count = 0;

    while (count < MAX_THREADS && count + 1 < wanted &&
           thread_start(&threads[count], work, l, NULL) == 0)
        count++; /* one less does it as well */
    (void)work(l);
    while (count)
        (void)pthread_join(threads[--count], NULL);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const struct listed *)a)->path, ((const struct listed *)b)->path);
}

static int list_tree(int top, const char *const *skip, struct sha256 *hash, int64_t *ret_newest_ns,
                     struct err *err)
{
    struct listing l = {.skip = skip,
                        .top = top,
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .changed = PTHREAD_COND_INITIALIZER,
                        .err = ERR_INIT};

    strv_push(&l.waiting, "");
    work_side_by_side(&l);
    if (l.done.count)
        qsort(l.done.items, l.done.count, sizeof(*l.done.items), compare_paths);
    for (size_t i = 0; i < l.done.count; i++) {
        if (l.entries) { /* an empty directory is as one that is not there */
            sha256_update(hash, l.done.items[i].path, strlen(l.done.items[i].path) + 1);
            sha256_update(hash, l.done.items[i].digest, SHA256_BYTES);
        }
        free(l.done.items[i].path);
    }
    free(l.done.items);
    strv_release(&l.waiting);
    *ret_newest_ns = l.newest_ns;
    if (l.ret < 0)
        err_move(err, &l.err);
    return l.ret;
}

static int list_any(const char *path, const char *const *skip, char ret_hex[SHA256_HEX],
                    int64_t *ret_newest_ns, struct err *err)
{
    auto_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    struct sha256 *hash = sha256_new();
    uint8_t digest[SHA256_BYTES];
    struct stat st;
    int ret = 0;

    *ret_newest_ns = 0;
    if (fd >= 0 && fstat(fd, &st) == 0) {
        if (S_ISDIR(st.st_mode))
            ret = list_tree(fd, skip, hash, ret_newest_ns, err);
        else
            add_entry(hash, AT_FDCWD, path, &st);
        note_change(&st, ret_newest_ns);
    }
    sha256_final(hash, digest);
    hex_encode(digest, sizeof(digest), ret_hex);
    return ret < 0 ? err_wrap(err, "'%s'", path) : 0;
}

int listing_digest(const char *path, const char *const *skip, char ret_hex[SHA256_HEX],
                   struct err *err)
{
    int64_t newest_ns;

    return list_any(path, skip, ret_hex, &newest_ns, err);
}

int listing_newest(const char *path, const char *const *skip, int64_t *ret_newest_ns,
                   struct err *err)
{
    char hex[SHA256_HEX];

    return list_any(path, skip, hex, ret_newest_ns, err);
}

/* ------------------------------------------------------------------------------------------ a stamp */

static void add_stamp(struct sha256 *hash, const char *name, const struct stat *st,
                      int64_t *newest_ns)
{
    auto_free char *line = xasprintf("%s %o %llx %lld %lld.%ld %lld\n", name, (unsigned)st->st_mode,
                                     (unsigned long long)st->st_ino, (long long)st->st_size,
                                     (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
                                     (long long)timespec_ns(&st->st_ctim));

    sha256_update(hash, line, strlen(line));
    note_change(st, newest_ns);
}

int listing_stamp(const char *path, char ret_hex[SHA256_HEX], int64_t *ret_newest_ns,
                  struct err *err)
{
    auto_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_strv struct strv names = STRV_INIT;
    struct sha256 *hash = sha256_new();
    uint8_t digest[SHA256_BYTES];
    struct stat st;
    int ret = fd < 0 ? 0 : list_dir(fd, LISTING_MAX_ENTRIES, &names, err);

    *ret_newest_ns = 0;
    if (fd >= 0 && fstat(fd, &st) == 0)
        add_stamp(hash, ".", &st, ret_newest_ns);
    for (size_t i = 0; i < names.count; i++)
        if (fstatat(fd, names.items[i], &st, 0) == 0) /* pip follows links */
            add_stamp(hash, names.items[i], &st, ret_newest_ns);
    sha256_final(hash, digest);
    hex_encode(digest, sizeof(digest), ret_hex);
    return ret < 0 ? err_wrap(err, "'%s'", path) : 0;
}
