/* The store's directory, its lock, and how entries appear and go. */
#include "store/store.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "system/user_dir.h"

enum { DIR_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

static const char version_dir[] = "v1";
static const char use_lock[] = "lock";
static const char entry_locks[] = "locks";
static const char staging_dir[] = "tmp";

/* cachedir.readthedocs.io: backup programs leave a directory with this file out. */
static const char tag_name[] = "CACHEDIR.TAG";
static const char tag_text[] = "Signature: 8a477f597d28d172789f06886806bc55\n"
                               "# The store of truewheel: truewheel cache --help\n";

static const char *const kind_names[] = {[STORE_WHEELS] = "wheels",
                                         [STORE_ENVS] = "envs",
                                         [STORE_RUNS] = "runs",
                                         [STORE_PROOFS] = "proofs"};

/* --------------------------------------------------------------------------------------- place */

char *store_place(const char *named, bool *ret_named)
{
    const char *variable = getenv("TRUEWHEEL_CACHE_DIR");

    if (!named && variable && variable[0])
        named = variable;
    *ret_named = named != NULL;
    return named ? path_absolute(named) : user_dir("XDG_CACHE_HOME", ".cache");
}

/* ------------------------------------------------------------------------------------- opening */

static int refuse(const char *place, const char *why, struct err *err)
{
    int ret = err_set(err, ERR_ENVIRONMENT, "cannot use the store '%s': %s", place, why);

    err_hint(err, "TRUEWHEEL_CACHE_DIR names another place, --no-cache does without");
    return ret;
}

/* Who may write to it decides who is believed. */
static int check_owner(struct store *s, int fd, const char *place, bool named, struct err *err)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return err_errno(err, errno, "cannot examine '%s'", place);
    if (st.st_mode & 022)
        return refuse(place, "other users can write to it", err);
    s->writable = st.st_uid == geteuid();
    if (!s->writable && !named)
        return refuse(place, "it belongs to another user", err);
    return 0;
}

static int open_place(struct store *s, const char *place, bool named, int *ret_fd, struct err *err)
{
    auto_free char *parent = path_dir(place);
    int ret;

    (void)make_dirs(parent, 0700, NULL); /* mkdir tells what is wrong */
    if (mkdir(place, 0700) < 0 && errno != EEXIST) {
        ret = err_errno(err, errno, "cannot create the store '%s'", place);
        err_hint(err, "TRUEWHEEL_CACHE_DIR names another place, --no-cache does without");
        return ret;
    }
    /* A link is followed: the user may have put a cache on another disk. Where it leads is checked. */
    auto_close int fd = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, errno, "cannot open the store '%s'", place);
    ret = check_owner(s, fd, place, named, err);
    if (ret == 0)
        *ret_fd = steal_fd(&fd);
    return ret;
}

static int write_tag(int fd, struct err *err)
{
    auto_close int tag = openat(fd, tag_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

    if (tag < 0)
        return errno == EEXIST ? 0 : err_errno(err, errno, "cannot write to the store");
    int ret = write_full(tag, tag_text, strlen(tag_text));
    return ret < 0 ? err_errno(err, -ret, "cannot write to the store") : 0;
}

static int make_parts(int fd, struct err *err)
{
    const char *parts[] = {staging_dir,
                           entry_locks,
                           kind_names[STORE_WHEELS],
                           kind_names[STORE_ENVS],
                           kind_names[STORE_RUNS],
                           kind_names[STORE_PROOFS]};
    int ret = write_tag(fd, err);

    for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(parts); i++)
        if (mkdirat(fd, parts[i], 0700) < 0 && errno != EEXIST)
            ret = err_errno(err, errno, "cannot write to the store");
    return ret;
}

/* A store on a read-only file system, or somebody else's, is read. */
static int open_version(struct store *s, int place_fd, const char *place, struct err *err)
{
    if (s->writable && mkdirat(place_fd, version_dir, 0700) < 0 && errno != EEXIST) {
        if (errno != EROFS)
            return err_errno(err, errno, "cannot write to the store '%s'", place);
        s->writable = false;
    }
    s->fd = openat(place_fd, version_dir, DIR_FLAGS);
    if (s->fd < 0)
        return err_errno(err, errno, "cannot open the store '%s'", place);
    s->path = xasprintf("%s/%s", place, version_dir);
    if (s->writable && faccessat(s->fd, ".", W_OK, 0) < 0 && errno == EROFS)
        s->writable = false;
    return s->writable ? make_parts(s->fd, err) : 0;
}

static int take_use_lock(struct store *s, const struct lock_wait *wait, struct err *err)
{
    int ret = lock_open_at(s->fd, use_lock, &s->use, err);

    return ret == 0 ? lock_acquire(&s->use, LOCK_SHARED, wait, err) : ret;
}

static int open_for_writing(struct store *s, const struct lock_wait *wait, struct err *err)
{
    auto_free char *staging = path_join(s->path, staging_dir);
    int ret = take_use_lock(s, wait, err);

    return ret == 0 ? tmp_dir_create_in(staging, &s->staging, wait->cancel_fd, err) : ret;
}

int store_open(struct store *ret_store, const char *place, bool named, const struct lock_wait *wait,
               struct err *err)
{
    struct store s = STORE_INIT;
    auto_close int place_fd = -1;
    int ret = open_place(&s, place, named, &place_fd, err);

    if (ret == 0)
        ret = open_version(&s, place_fd, place, err);
    if (ret == 0 && s.writable)
        ret = open_for_writing(&s, wait, err);
    if (ret < 0)
        store_close(&s);
    else
        *ret_store = s;
    return ret;
}

void store_close(struct store *store)
{
    tmp_dir_release(&store->staging);
    lock_release(&store->use);
    close_fd(&store->fd);
    free(store->path);
    *store = (struct store)STORE_INIT;
}

bool store_is_open(const struct store *store)
{
    return store->fd >= 0;
}

/* ------------------------------------------------------------------------------------- entries */

const char *store_kind_name(enum store_kind kind)
{
    return kind_names[kind];
}

char *store_entry_name(enum store_kind kind, const char digest[SHA256_HEX])
{
    return xasprintf("%s/%.2s/%s", kind_names[kind], digest, digest);
}

int store_entry_look(const struct store *store, enum store_kind kind, const char digest[SHA256_HEX])
{
    auto_free char *name = store_entry_name(kind, digest);

    return openat(store->fd, name, DIR_FLAGS);
}

int store_entry_open(const struct store *store, enum store_kind kind, const char digest[SHA256_HEX],
                     int *ret_fd, struct err *err)
{
    int fd = store->fd < 0 ? -1 : store_entry_look(store, kind, digest);

    if (fd < 0 && (store->fd < 0 || errno == ENOENT))
        return -ENOENT;
    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s' of '%s'", digest, store->path);
    if (store->writable)
        (void)futimens(fd, NULL); /* only the order of removal rests on it */
    *ret_fd = fd;
    return 0;
}

int store_read_part(int dirfd, const char *name, size_t max, struct str *ret_text, struct err *err)
{
    auto_close int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", name);
    return read_all(fd, max, ret_text, err);
}

int store_write_part(int dirfd, const char *name, const char *text, struct err *err)
{
    auto_close int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);

    if (fd < 0)
        return err_errno(err, errno, "cannot create '%s'", name);
    int ret = write_full(fd, text, strlen(text));
    return ret < 0 ? err_errno(err, -ret, "cannot write '%s'", name) : 0;
}

int store_stage(struct store *store, char **ret_path, int *ret_fd, struct err *err)
{
    static atomic_uint counter;
    auto_free char *path = xasprintf("%s/%u", store->staging.path, atomic_fetch_add(&counter, 1));

    if (mkdir(path, 0700) < 0)
        return err_errno(err, errno, "cannot create '%s'", path);
    auto_close int fd = open(path, DIR_FLAGS);
    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", path);
    *ret_path = steal(&path);
    *ret_fd = steal_fd(&fd);
    return 0;
}

int store_publish(struct store *store, const char *staged, enum store_kind kind,
                  const char digest[SHA256_HEX], struct err *err)
{
    auto_free char *name = store_entry_name(kind, digest);
    auto_free char *parent = path_dir(name);
    int ret = 0;

    if (mkdirat(store->fd, parent, 0700) < 0 && errno != EEXIST)
        ret = err_errno(err, errno, "cannot create '%s/%s'", store->path, parent);
    else if (renameat(AT_FDCWD, staged, store->fd, name) < 0 && errno != EEXIST &&
             errno != ENOTEMPTY)
        ret = err_errno(err, errno, "cannot publish '%s/%s'", store->path, name);
    (void)remove_tree_at(AT_FDCWD, staged, NULL); /* else it goes with the staging area */
    return ret;
}

int store_drop(struct store *store, enum store_kind kind, const char digest[SHA256_HEX],
               struct err *err)
{
    auto_free char *name = store_entry_name(kind, digest);
    auto_free char *aside = xasprintf("%s/dropped-%s", store->staging.path, digest);

    if (!store->writable)
        return err_set(err, EROFS, "the store cannot be written to");
    (void)remove_tree_at(AT_FDCWD, aside, NULL);
    if (renameat(store->fd, name, AT_FDCWD, aside) < 0)
        return errno == ENOENT ? 0 : err_errno(err, errno, "cannot remove '%s'", name);
    return remove_tree_at(AT_FDCWD, aside, err);
}

int store_lock_entry(const struct store *store, enum store_kind kind, const char digest[SHA256_HEX],
                     struct lock *ret_lock, struct err *err)
{
    auto_close int locks = openat(store->fd, entry_locks, DIR_FLAGS);
    auto_free char *name = xasprintf("%s-%s", kind_names[kind], digest);

    if (locks < 0)
        return err_errno(err, errno, "cannot open the locks of '%s'", store->path);
    return lock_open_at(locks, name, ret_lock, err);
}
