/* Puts a finished file in its place, whole or not at all. */
#include "system/publish.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/num.h"
#include "base/path.h"
#include "base/str.h"

bool publish_is_current(int dirfd, const char *name, int from)
{
    struct stat st;
    bool equal = false;
    auto_close int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return false;
    return files_equal(fd, from, &equal, NULL) == 0 && equal;
}

static bool has_mode(int dirfd, const char *name, mode_t mode)
{
    struct stat st;

    return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && (st.st_mode & 07777) == mode;
}

static int copy_from_start(int fd, int from, struct err *err)
{
    if (lseek(from, 0, SEEK_SET) < 0)
        return err_errno(err, errno, "cannot rewind");
    return copy_fd(from, fd, err);
}

int publish_commit(struct tmp_file *tmp, const char *name, mode_t mode, struct err *err)
{
    if (fchmod(tmp->fd, mode) < 0)
        return err_errno(err, errno, "cannot set the mode");
    if (fsync(tmp->fd) < 0)
        return err_errno(err, errno, "cannot write to disk");
    int ret = tmp_file_rename(tmp, name, err);
    if (ret < 0)
        return ret;
    if (fsync(tmp->dirfd) < 0 &&
        errno != EINVAL) /* EINVAL: a file system without directory syncs */
        return err_errno(err, errno, "cannot write the directory to disk");
    return 0;
}

static int put_file(const char *dir, const char *name, int from, bool *ret_current, struct err *err)
{
    struct tmp_file tmp = TMP_FILE_INIT;
    auto_close int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dirfd < 0)
        return err_errno(err, errno, "cannot open '%s'", dir);
    *ret_current = has_mode(dirfd, name, 0644) && publish_is_current(dirfd, name, from);
    if (*ret_current)
        return 0;
    int ret = tmp_file_create(dirfd, &tmp, err);
    if (ret == 0)
        ret = copy_from_start(tmp.fd, from, err);
    if (ret == 0)
        ret = publish_commit(&tmp, name, 0644, err);
    tmp_file_release(&tmp);
    return ret;
}

int publish_file(const char *dir, const char *name, int from, bool *ret_current, struct err *err)
{
    bool current = false;
    int ret = put_file(dir, name, from, &current, err);

    if (ret_current)
        *ret_current = current;

    return ret < 0 ? err_wrap(err, "cannot write '%s/%s'", dir, name) : 0;
}

/* ---------------------------------------------------------------------------------------- bytes */

/* Where a path leads: to a descriptor of this process, or to a name in a directory without links. */
struct place {
    int fd;
    char *dir;
    char *name;
};

static void place_release(struct place *place)
{
    free(place->dir);
    free(place->name);
}

/* The directory without links, which the kernel has followed: it refuses some that realpath() takes. */
static char *real_dir(const char *path)
{
    auto_close int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    auto_free char *self = xasprintf("/proc/self/fd/%d", fd);
    char target[PATH_MAX];

    if (fd < 0)
        return NULL;
    ssize_t len = readlink(self, target, sizeof(target) - 1);
    return len > 0 ? xstrndup(target, (size_t)len) : realpath(path, NULL);
}

/* Whether /dev/stdout, /dev/fd/N and their like have ended here. */
static bool is_descriptor(const char *dir, const char *name, int *ret_fd)
{
    auto_free char *own = xasprintf("/proc/%d/", (int)getpid());

    return str_starts(dir, own) && str_ends(dir, "/fd") && parse_int(name, 0, INT_MAX, ret_fd);
}

/* Those that this program has opened for itself have another flag than the caller's. */
static bool is_of_caller(int fd)
{
    int flags = fcntl(fd, F_GETFD);

    return flags >= 0 && !(flags & FD_CLOEXEC);
}

/*
 * As the kernel has it (protected_symlinks), which does not see that this link is followed: where
 * everybody may put links, only one's own and those of the directory's owner.
 */
static bool may_follow(const char *dir, const char *link)
{
    struct stat there, st;

    if (stat(dir, &there) < 0 || lstat(link, &st) < 0)
        return false;
    bool open = there.st_mode & S_IWOTH && there.st_mode & S_ISVTX;
    return !open || st.st_uid == geteuid() || st.st_uid == there.st_uid;
}

/* One step: *path is a link's target afterwards; 0: it was no link, and *place is filled. */
static int follow(char **path, struct place *place, struct err *err)
{
    auto_free char *above = path_dir(*path);
    auto_free char *dir = real_dir(above);
    const char *name = path_base(*path);
    char target[PATH_MAX];

    if (!dir)
        return err_errno(err, errno, "cannot open '%s'", above);
    auto_free char *link = path_join(dir, name);
    if (is_descriptor(dir, name, &place->fd) && !is_of_caller(place->fd))
        return err_set(err, -EBADF, "descriptor %s is not open", name);
    ssize_t len = place->fd >= 0 ? 0 : readlink(link, target, sizeof(target) - 1);
    if (len <= 0) {
        place->name = xstrdup(name);
        place->dir = steal(&dir);
        return 0;
    }
    if (!may_follow(dir, link))
        return err_set(err, -EACCES, "it is a link that another user has put there");
    target[len] = '\0';
    free(*path);
    *path = path_join(dir, target);
    return 1;
}

static int find_place(const char *path, struct place *ret_place, struct err *err)
{
    auto_free char *at = xstrdup(path);
    int ret = 1;

    *ret_place = (struct place){.fd = -1};
    for (int links = 0; ret > 0 && links < 40; links++)
        ret = follow(&at, ret_place, err);
    return ret > 0 ? err_errno(err, ELOOP, "too many links") : ret;
}

int publish_descriptor(const char *path)
{
    struct place place;
    int ret = find_place(path, &place, NULL) < 0 ? -1 : place.fd;

    place_release(&place);
    return ret;
}

static bool is_special(const struct place *place)
{
    auto_free char *path = path_join(place->dir, place->name);
    struct stat st;

    return place->fd >= 0 || (stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode));
}

int publish_check(const char *path, struct err *err)
{
    struct place place;
    struct stat st;
    int ret = find_place(path, &place, err);

    if (ret == -ENOENT) {
        if (err)
            err_release(err);
        ret = 0;
    } else if (ret == 0 && !is_special(&place)) {
        auto_free char *whole = path_join(place.dir, place.name);
        if (stat(whole, &st) == 0 && S_ISDIR(st.st_mode))
            ret = err_set(err, -EISDIR, "it is a directory");
        else if (access(place.dir, W_OK | X_OK) < 0)
            ret = err_errno(err, errno, "cannot write to '%s'", place.dir);
    }
    place_release(&place);
    if (ret < 0)
        (void)err_wrap(err, "cannot write '%s'", path);
    return ret;
}

static int write_special(const struct place *place, const void *bytes, size_t len, struct err *err)
{
    auto_free char *path = path_join(place->dir, place->name);
    auto_close int opened = place->fd < 0 ? open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY) : -1;
    int fd = place->fd < 0 ? opened : place->fd;

    if (fd < 0)
        return err_errno(err, errno, "cannot open it");
    int ret = write_full(fd, bytes, len);
    return ret < 0 ? err_errno(err, ret, "cannot write to it") : 0;
}

static int write_regular(const struct place *place, const void *bytes, size_t len, struct err *err)
{
    auto_close int fd = memfd_create("publish", MFD_CLOEXEC);

    if (fd < 0)
        return err_errno(err, errno, "cannot make a memory file");
    int ret = write_full(fd, bytes, len);
    if (ret < 0)
        return err_errno(err, ret, "cannot write to memory");
    return put_file(place->dir, place->name, fd, &(bool){false}, err);
}

int publish_bytes(const char *path, const void *bytes, size_t len, struct err *err)
{
    struct place place;
    int ret = find_place(path, &place, err);

    if (ret == 0)
        ret = is_special(&place) ? write_special(&place, bytes, len, err)
                                 : write_regular(&place, bytes, len, err);
    place_release(&place);
    if (ret < 0)
        (void)err_wrap(err, "cannot write '%s'", path);
    return ret;
}
