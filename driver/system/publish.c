/* Puts a finished file in its place, whole or not at all. */
#include "system/publish.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/path.h"

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

int publish_file(const char *dir, const char *name, int from, struct err *err)
{
    struct tmp_file tmp = TMP_FILE_INIT;
    auto_close int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dirfd < 0)
        return err_errno(err, errno, "cannot write '%s/%s': cannot open '%s'", dir, name, dir);
    if (has_mode(dirfd, name, 0644) && publish_is_current(dirfd, name, from))
        return 0;
    int ret = tmp_file_create(dirfd, &tmp, err);
    if (ret == 0)
        ret = copy_from_start(tmp.fd, from, err);
    if (ret == 0)
        ret = publish_commit(&tmp, name, 0644, err);
    tmp_file_release(&tmp);
    return ret < 0 ? err_wrap(err, "cannot write '%s/%s'", dir, name) : 0;
}

/* Writes to a pipe or device, which is never replaced. 1: it was one; 0: nothing was done. */
static int write_special(const char *path, const void *bytes, size_t len, struct err *err)
{
    struct stat st;

    if (stat(path, &st) < 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
        return 0;
    auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", path);
    int ret = write_full(fd, bytes, len);
    return ret < 0 ? err_errno(err, ret, "cannot write '%s'", path) : 1;
}

int publish_bytes(const char *path, const void *bytes, size_t len, struct err *err)
{
    int special = write_special(path, bytes, len, err);
    if (special != 0)
        return special < 0 ? special : 0;
    auto_free char *dir = path_dir(path);
    auto_close int fd = memfd_create("publish", MFD_CLOEXEC);

    if (fd < 0)
        return err_errno(err, errno, "cannot make a memory file");
    int ret = write_full(fd, bytes, len);
    if (ret < 0)
        return err_errno(err, ret, "cannot write '%s'", path);
    return publish_file(dir, path_base(path), fd, err);
}
