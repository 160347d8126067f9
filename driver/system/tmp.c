/* Temporary files and run directories that a killed process does not leave behind. */
#include "system/tmp.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"

static const char run_prefix[] = "truewheel-run-";
static const char owner_name[] = ".owner";

/* ---------------------------------------------------------------------------------------- files */

static void random_suffix(char out[13])
{
    uint8_t bytes[6];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        BUG("no random bytes");
    hex_encode(bytes, sizeof(bytes), out);
}

/* Calls create(tmp) with random names in tmp->name until one is not in use. */
static int with_fresh_name(struct tmp_file *tmp, int (*create)(struct tmp_file *tmp),
                           struct err *err)
{
    char suffix[13];

    for (int attempt = 0; attempt < 100; attempt++) {
        random_suffix(suffix);
        (void)snprintf(tmp->name, sizeof(tmp->name), ".truewheel-%s.tmp", suffix);
        if (create(tmp) == 0)
            return 0;
        tmp->name[0] = '\0';
        if (errno != EEXIST)
            break;
    }
    return err_errno(err, errno, "cannot create a temporary file");
}

static int create_named(struct tmp_file *tmp)
{
    tmp->fd = openat(tmp->dirfd, tmp->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return tmp->fd < 0 ? -1 : 0;
}

static int link_nameless(struct tmp_file *tmp)
{
    char self[64];

    (void)snprintf(self, sizeof(self), "/proc/self/fd/%d", tmp->fd);
    return linkat(AT_FDCWD, self, tmp->dirfd, tmp->name, AT_SYMLINK_FOLLOW);
}

int tmp_file_create(int dirfd, struct tmp_file *ret_file, struct err *err)
{
    *ret_file = (struct tmp_file)TMP_FILE_INIT;
    ret_file->dirfd = dirfd;
    /* Without /proc a nameless file could never get a name. */
    if (access("/proc/self/fd", X_OK) == 0)
        ret_file->fd = openat(dirfd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    return ret_file->fd >= 0 ? 0 : with_fresh_name(ret_file, create_named, err);
}

int tmp_file_rename(struct tmp_file *tmp, const char *name, struct err *err)
{
    int ret = tmp->name[0] ? 0 : with_fresh_name(tmp, link_nameless, err);

    if (ret < 0)
        return ret;
    if (renameat(tmp->dirfd, tmp->name, tmp->dirfd, name) < 0)
        return err_errno(err, errno, "cannot rename");
    tmp->name[0] = '\0';
    return 0;
}

void tmp_file_release(struct tmp_file *tmp)
{
    if (tmp->fd >= 0 && tmp->name[0])
        (void)unlinkat(tmp->dirfd, tmp->name, 0); /* if it fails, a useless file stays */
    close_fd(&tmp->fd);
}

int tmp_scratch_open(struct err *err)
{
    FILE *file = tmpfile();

    if (!file)
        return err_errno(err, errno, "cannot make a temporary file");
    int fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 3);
    int saved = errno;
    (void)fclose(file); /* nothing was written to it */
    return fd < 0 ? err_errno(err, saved, "cannot make a temporary file") : fd;
}

/* ---------------------------------------------------------------------------------- directories */

static const char *tmp_root(void)
{
    const char *dir = getenv("TMPDIR");

    return dir && dir[0] == '/' ? dir : "/tmp";
}

/* A directory that was made under a umask that took its owner's rights: it can only be empty. */
static void remove_closed(int rootfd, const char *name)
{
    struct stat st;

    if (fstatat(rootfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_uid == geteuid())
        (void)unlinkat(rootfd, name, AT_REMOVEDIR); /* fails when it is not empty */
}

/*
 * Locks a run directory of this user whose owner is dead, and returns the descriptor; -1 for any
 * other directory. It is held during the removal, so that only one process removes it.
 */
static int lock_abandoned(int rootfd, const char *name)
{
    struct stat st;
    auto_close int dir = openat(rootfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (dir < 0 && errno == EACCES)
        remove_closed(rootfd, name);
    if (dir < 0 || fstat(dir, &st) < 0 || st.st_uid != geteuid())
        return -1;
    auto_close int owner = openat(dir, owner_name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (owner < 0 && errno == ENOENT) /* killed before it had an owner file, or right at its end */
        (void)unlinkat(rootfd, name, AT_REMOVEDIR); /* fails when it is not empty */
    if (owner < 0 || flock(owner, LOCK_EX | LOCK_NB) < 0)
        return -1;
    return steal_fd(&owner);
}

/*
 * The owner file goes last. A run takes a directory for abandoned only by its owner file, so a
 * removal that was killed in the middle is finished by the next run.
 */
static int remove_run_dir(int parent, const char *path, int stop_fd, struct err *err)
{
    int fd = openat(parent, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    int ret = 0;

    if (!dir) {
        ret = err_errno(err, errno, "cannot open '%s'", path);
        close_fd(&fd);
        return ret;
    }
    for (struct dirent *entry; ret == 0 && (entry = readdir(dir));)
        if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, "..") &&
            !str_eq(entry->d_name, owner_name))
            ret = remove_tree_until(fd, entry->d_name, stop_fd, err);
    (void)closedir(dir); /* closes fd as well */
    return ret < 0 ? ret : remove_tree_until(parent, path, stop_fd, err);
}

static void remove_abandoned(const char *root, int stop_fd)
{
    DIR *dir = opendir(root);

    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!str_starts(entry->d_name, run_prefix))
            continue;
        auto_close int lock = lock_abandoned(dirfd(dir), entry->d_name);
        if (lock >= 0)
            (void)remove_run_dir(dirfd(dir), entry->d_name, stop_fd, NULL); /* else the next run */
    }
    (void)closedir(dir);
}

/*
 * Makes and locks the owner file. -EAGAIN when another process found the new directory before that,
 * took it for abandoned, and removes it.
 */
static int lock_owner_file(struct tmp_dir *dir, struct err *err)
{
    struct stat st;
    auto_free char *owner = xasprintf("%s/%s", dir->path, owner_name);
    auto_close int fd = open(owner, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0 && errno != ENOENT)
        return err_errno(err, errno, "cannot create '%s'", owner);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || fstat(fd, &st) < 0 || st.st_nlink == 0)
        return -EAGAIN;
    dir->lock_fd = steal_fd(&fd);
    return 0;
}

static int create_once(const char *parent, struct tmp_dir *ret_dir, struct err *err)
{
    auto_free char *path = xasprintf("%s/%sXXXXXX", parent, run_prefix);

    if (!mkdtemp(path))
        return err_errno(err, errno, "cannot create a directory in '%s'", parent);
    *ret_dir = (struct tmp_dir){.path = steal(&path), .lock_fd = -1, .owner = getpid()};
    int ret = lock_owner_file(ret_dir, err);
    if (ret < 0)
        tmp_dir_release(ret_dir);
    return ret;
}

int tmp_dir_create_in(const char *parent, struct tmp_dir *ret_dir, int stop_fd, struct err *err)
{
    int ret;

    remove_abandoned(parent, stop_fd);
    do
        ret = create_once(parent, ret_dir, err);
    while (ret == -EAGAIN);
    return ret;
}

int tmp_dir_create(struct tmp_dir *ret_dir, int stop_fd, struct err *err)
{
    int ret = tmp_dir_create_in(tmp_root(), ret_dir, stop_fd, err);

    if (ret < 0)
        err_hint(err, "TMPDIR names the directory for temporary files");
    return ret;
}

void tmp_dir_release(struct tmp_dir *dir)
{
    if (dir->path && dir->owner == getpid())
        (void)remove_run_dir(AT_FDCWD, dir->path, -1, NULL); /* the next run removes the rest */
    close_fd(&dir->lock_fd);
    free(steal(&dir->path));
}
