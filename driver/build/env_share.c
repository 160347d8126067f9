/* R/env/<hash> in locked mode: compared by content, replaced under a lock, put in place by rename. */
#include "build/env_share.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/path.h"
#include "base/sha256.h"
#include "base/str.h"
#include "base/vec.h"
#include "system/copy_tree.h"
#include "system/lock.h"
#include "system/safe_dir.h"
#include "sandbox/spec.h"

enum { DIR_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

/* -------------------------------------------------------------------------------------- digest */

static int digest_dir(int fd, const char *prefix, struct sha256 *h, struct err *err);

static int digest_subdir(int dirfd, const char *name, const char *path, struct sha256 *h,
                         struct err *err)
{
    auto_close int fd = openat(dirfd, name, DIR_FLAGS);

    return fd < 0 ? err_errno(err, errno, "cannot open '%s'", path) : digest_dir(fd, path, h, err);
}

static void digest_link(int dirfd, const char *name, const char *path, struct sha256 *h)
{
    char target[4096];
    ssize_t n = readlinkat(dirfd, name, target, sizeof(target) - 1);

    target[n < 0 ? 0 : n] = '\0';
    auto_free char *line = xasprintf("link %s -> %s\n", path, target);
    sha256_update(h, line, strlen(line));
}

static int digest_file(int dirfd, const char *name, const char *path, mode_t mode, struct sha256 *h,
                       struct err *err)
{
    char hex[SHA256_HEX];
    auto_close int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", path);
    int ret = sha256_hex_fd(fd, hex, err);
    if (ret < 0)
        return ret;
    auto_free char *line = xasprintf("file %s %o %s\n", path, mode & 07111U, hex);
    sha256_update(h, line, strlen(line));
    return 0;
}

/* One entry as text: path, kind, what it holds. Times and owners are not content. */
static int digest_entry(int dirfd, const char *name, const char *prefix, struct sha256 *h,
                        struct err *err)
{
    auto_free char *path = xasprintf("%s/%s", prefix, name);
    struct stat st;

    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return err_errno(err, errno, "cannot look at '%s'", path);
    if (S_ISDIR(st.st_mode))
        return digest_subdir(dirfd, name, path, h, err);
    if (S_ISREG(st.st_mode))
        return digest_file(dirfd, name, path, st.st_mode, h, err);
    if (!S_ISLNK(st.st_mode))
        return err_set(err, ERR_FORMAT, "'%s' is no file", path);
    digest_link(dirfd, name, path, h);
    return 0;
}

static int digest_dir(int fd, const char *prefix, struct sha256 *h, struct err *err)
{
    auto_strv struct strv names = STRV_INIT;
    int ret = list_dir(fd, 0, &names, err);

    for (size_t i = 0; ret == 0 && i < names.count; i++)
        ret = digest_entry(fd, names.items[i], prefix, h, err);
    return ret;
}

static int digest_tree(int dirfd, const char *name, uint8_t ret_digest[SHA256_BYTES],
                       struct err *err)
{
    auto_close int fd = openat(dirfd, name, DIR_FLAGS);

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", name);
    struct sha256 *h = sha256_new();
    int ret = digest_dir(fd, "", h, err);
    sha256_final(h, ret_digest);
    return ret;
}

/* ------------------------------------------------------------------------------------ exchange */

static bool is_equal(int envs, const char *hash, const char *fresh)
{
    uint8_t there[SHA256_BYTES], ours[SHA256_BYTES];

    return digest_tree(envs, hash, there, NULL) == 0 &&
           digest_tree(AT_FDCWD, fresh, ours, NULL) == 0 && memcmp(there, ours, sizeof(ours)) == 0;
}

static int copy_to(int envs, const char *name, const char *fresh, struct err *err)
{
    static const struct copy_limits limits = {.owner = (uid_t)-1};
    auto_close int from = open(fresh, DIR_FLAGS);

    if (from < 0)
        return err_errno(err, errno, "cannot open '%s'", fresh);
    if (mkdirat(envs, name, 0755) < 0)
        return err_errno(err, errno, "cannot make a directory for the environment");
    auto_close int to = openat(envs, name, DIR_FLAGS);
    if (to < 0)
        return err_errno(err, errno, "cannot open the environment's directory");
    return copy_tree(from, to, &limits, err);
}

/* Nobody's, not even by accident (a setup.py that runs "pip install"). The owner could still. */
static int forbid_writing(int dirfd, const char *name, struct err *err)
{
    auto_strv struct strv names = STRV_INIT;
    auto_close int fd = openat(dirfd, name, DIR_FLAGS);

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", name);
    int ret = list_dir(fd, 0, &names, err);
    for (size_t i = 0; ret == 0 && i < names.count; i++) {
        struct stat st;
        if (fstatat(fd, names.items[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
            ret = err_errno(err, errno, "cannot look at '%s'", names.items[i]);
        else if (S_ISDIR(st.st_mode))
            ret = forbid_writing(fd, names.items[i], err);
        else if (S_ISREG(st.st_mode))
            ret = set_mode_at(fd, names.items[i], st.st_mode & 0555, err);
    }
    if (ret == 0 && fchmod(fd, 0555) < 0)
        ret = err_errno(err, errno, "cannot protect '%s'", name);
    return ret;
}

/* Under the lock: the old one is moved aside, so that whoever uses it keeps what it has open. */
static int replace(int envs, const char *hash, const char *fresh, struct err *err)
{
    auto_free char *staged = xasprintf(".new-%s", hash);
    auto_free char *aside = xasprintf(".old-%s", hash);

    (void)remove_tree_at(envs, staged, NULL); /* of a run that was killed */
    (void)remove_tree_at(envs, aside, NULL);
    int ret = copy_to(envs, staged, fresh, err);
    if (ret < 0)
        return ret;
    ret = forbid_writing(envs, staged, err);
    if (ret < 0)
        return ret;
    if (renameat(envs, hash, envs, aside) < 0 && errno != ENOENT)
        return err_errno(err, errno, "cannot move the old environment aside");
    if (renameat(envs, staged, envs, hash) < 0)
        return err_errno(err, errno, "cannot put the environment in place");
    (void)remove_tree_at(envs, aside, NULL); /* the next replacement removes what stays */
    return 0;
}

/*
 * Whoever uses an environment has the shared lock. To replace it takes the exclusive one, which is
 * asked for with nothing held (two that both upgraded would wait for each other), so look again.
 */
static int share_locked(int envs, const char *fresh, const char *hash, struct lock *lease,
                        const struct lock_wait *wait, struct err *err)
{
    int ret = lock_acquire(lease, LOCK_SHARED, wait, err);

    if (ret < 0)
        return ret;
    if (is_equal(envs, hash, fresh)) {
        lock_write_holder(lease);
        return 0;
    }
    auto_free char *name = xasprintf(".lock-%s", hash);
    lock_release(lease);
    ret = lock_open_at(envs, name, lease, err);
    if (ret == 0)
        ret = lock_acquire(lease, LOCK_EXCLUSIVE, wait, err);
    if (ret == 0 && !is_equal(envs, hash, fresh))
        ret = replace(envs, hash, fresh, err);
    if (ret == 0)
        ret = lock_acquire(lease, LOCK_SHARED, wait, err); /* from exclusive: at once */
    return ret;
}

int env_share(const char *root, const char *fresh, const char *hash, const struct lock_wait *wait,
              struct lock *ret_lease, struct err *err)
{
    auto_close int rootfd = -1;
    auto_close int envs = -1;
    auto_free char *name = xasprintf(".lock-%s", hash);

    int ret = safe_dir_open(root, &rootfd, err);
    if (ret == 0)
        ret = safe_dir_open_at(rootfd, SANDBOX_ENV_DIR, &envs, err);
    if (ret == 0)
        ret = lock_open_at(envs, name, ret_lease, err);
    if (ret == 0)
        ret = share_locked(envs, fresh, hash, ret_lease, wait, err);
    if (ret < 0)
        lock_release(ret_lease);
    return ret < 0 ? err_wrap(err, "'%s/" SANDBOX_ENV_DIR "/%s'", root, hash) : 0;
}
