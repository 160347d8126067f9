/*
 * Opens directories in places that other users can write to, and checks who could have made them.
 */
#include "system/safe_dir.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "base/vec.h"

enum { DIR_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

static int refuse(struct err *err, const char *name, const char *why)
{
    int ret = err_set(err, ERR_ENVIRONMENT, "cannot use directory '%s': %s", name, why);

    err_hint(err, "remove it, or name another directory with --build-root");
    return ret;
}

static int check_own(int fd, const char *name, struct err *err)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return err_errno(err, errno, "cannot examine '%s'", name);
    if (st.st_uid != geteuid())
        return refuse(err, name, "it belongs to another user");
    if (st.st_mode & 077)
        return refuse(err, name, "it is open to other users (its mode must be 0700)");
    return 0;
}

static int open_existing(int dirfd, const char *name, int *ret_fd, struct err *err)
{
    auto_close int fd = openat(dirfd, name, DIR_FLAGS);

    if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
        return refuse(err, name, "it is a symbolic link or no directory");
    if (fd < 0 && errno == EACCES)
        return refuse(err, name, "it belongs to another user");
    if (fd < 0)
        return err_errno(err, errno, "cannot open directory '%s'", name);
    int ret = check_own(fd, name, err);
    if (ret == 0)
        *ret_fd = steal_fd(&fd);
    return ret;
}

int safe_dir_open_at(int dirfd, const char *name, int *ret_fd, struct err *err)
{
    if (mkdirat(dirfd, name, 0700) < 0 && errno != EEXIST)
        return err_errno(err, errno, "cannot create directory '%s'", name);
    return open_existing(dirfd, name, ret_fd, err);
}

/*
 * This user, root, or whoever stands for root here: in a user namespace that has one user and not
 * root (some containers) the system's directories show up as the overflow uid, as those of all
 * unknown users.
 */
static bool is_trusted(uid_t uid)
{
    auto_str struct str text = STR_INIT;

    if (uid == geteuid() || uid == 0)
        return true;
    if (read_file("/proc/self/uid_map", 1 << 16, &text, NULL) < 0)
        return false;
    const char *first = text.buf + strspn(text.buf, " ");
    if (strchr(first, '\n') != strrchr(first, '\n') || strncmp(first, "0 ", 2) == 0)
        return false;
    return read_file("/proc/sys/kernel/overflowuid", 64, (str_reset(&text), &text), NULL) == 0 &&
           strtoul(text.buf, NULL, 10) == uid;
}

/* Nobody but this user and root may be able to rename or replace what lies in this directory. */
static int check_ancestor(int fd, const char *path, struct err *err)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return err_errno(err, errno, "cannot examine the directory above '%s'", path);
    if (!is_trusted(st.st_uid))
        return refuse(err, path, "a directory above it belongs to another user");
    if ((st.st_mode & 022) && !(st.st_mode & S_ISVTX))
        return refuse(err, path, "others can write to a directory above it");
    return 0;
}

/*
 * Opens every directory on the way from its checked parent. Links in the path are resolved before;
 * one that appears later is not followed.
 */
static int open_parent(const char *path, int *ret_fd, struct err *err)
{
    enum { FLAGS = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };
    auto_free char *parent = path_dir(path);
    auto_free char *real = realpath(parent, NULL);
    auto_strv struct strv parts = STRV_INIT;
    auto_close int fd = open("/", FLAGS);

    if (!real || fd < 0)
        return err_errno(err, errno, "cannot open directory '%s'", parent);
    strv_split(&parts, real, "/");
    int ret = check_ancestor(fd, path, err);
    for (size_t i = 0; ret == 0 && i < parts.count; i++) {
        int child = openat(fd, parts.items[i], FLAGS);
        if (child < 0)
            return err_errno(err, errno, "cannot open directory '%s'", parent);
        close_fd(&fd);
        fd = child;
        ret = check_ancestor(fd, path, err);
    }
    if (ret == 0)
        *ret_fd = steal_fd(&fd);
    return ret;
}

/*
 * Whether everybody can write, or a group that is not this user's own. A group that root has
 * allowed is no stranger: on Debian, staff may write below /usr/local.
 */
static bool is_open_to_others(const struct stat *st)
{
    if (S_ISLNK(st->st_mode) || (S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX)))
        return false;
    bool by_group = (st->st_mode & S_IWGRP) && st->st_uid != 0 && st->st_gid != getegid();
    return by_group || (st->st_mode & S_IWOTH);
}

static int check_part(const char *part, uid_t also, bool closed, struct err *err)
{
    struct stat st;

    if (lstat(part, &st) < 0)
        return err_errno(err, errno, "cannot examine '%s'", part);
    if (st.st_uid != also && !is_trusted(st.st_uid))
        return err_set(err, ERR_ENVIRONMENT, "'%s' belongs to another user", part);
    if (closed && is_open_to_others(&st))
        return err_set(err, ERR_ENVIRONMENT, "others can write to '%s'", part);
    return 0;
}

int safe_path_check(const char *path, const char *above, uid_t also, bool closed, struct err *err)
{
    size_t at = strlen(above);

    while (path[at]) {
        at += strspn(path + at, "/");
        at += strcspn(path + at, "/");
        auto_free char *part = xstrndup(path, at);
        int ret = check_part(part, also, closed, err);
        if (ret < 0)
            return ret;
    }
    return 0;
}

int safe_dir_open(const char *path, int *ret_fd, struct err *err)
{
    auto_close int parent = -1;
    int ret = open_parent(path, &parent, err);

    if (ret == 0)
        ret = safe_dir_open_at(parent, path_base(path), ret_fd, err);
    return ret;
}

int safe_dir_check(const char *path, struct err *err)
{
    auto_close int parent = -1;
    auto_close int fd = -1;
    struct stat st;
    int ret = open_parent(path, &parent, err);

    if (ret < 0)
        return ret;
    if (fstatat(parent, path_base(path), &st, AT_SYMLINK_NOFOLLOW) == 0)
        return open_existing(parent, path_base(path), &fd, err);
    if (faccessat(parent, ".", W_OK | X_OK, AT_EACCESS) < 0)
        return err_errno(err, errno, "cannot create directory '%s'", path);
    return 0;
}
