/* Reading, writing, copying and comparing files; listing and removing directory trees. */
#include "base/io.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/path.h"

int write_full(int fd, const void *bytes, size_t len)
{
    const char *p = bytes;

    while (len) {
        ssize_t n = retry_eintr(write(fd, p, len));
        if (n < 0)
            return -errno;
        p += n;
        len -= (size_t)n;
    }
    return 0;
}

ssize_t read_full(int fd, void *buf, size_t len)
{
    size_t have = 0;

    while (have < len) {
        ssize_t n = retry_eintr(read(fd, (char *)buf + have, len - have));
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    return (ssize_t)have;
}

int wait_readable(int fd, int stop_fd, int64_t deadline_ms, struct err *err)
{
    struct pollfd fds[] = {{.fd = stop_fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    int n = retry_eintr(poll(fds, ARRAY_SIZE(fds), deadline_poll_ms(deadline_ms)));

    if (n < 0)
        return err_errno(err, errno, "cannot wait");
    if (fds[0].revents)
        return err_set(err, ERR_CANCELLED, "stopped");
    return n == 0 ? err_set(err, ERR_TIMEOUT, "no answer") : 0;
}

int read_all_until(int fd, size_t max, int stop_fd, struct str *out, struct err *err)
{
    size_t start = out->len;

    for (;;) {
        int ret = stop_fd < 0 ? 0 : wait_readable(fd, stop_fd, DEADLINE_NEVER, err);
        if (ret < 0)
            return ret;
        str_reserve(out, 65536);
        ssize_t n = retry_eintr(read(fd, out->buf + out->len, 65536));
        if (n < 0)
            return err_errno(err, errno, "cannot read");
        if (n == 0)
            return 0;
        out->len += (size_t)n;
        out->buf[out->len] = '\0';
        if (out->len - start > max)
            return err_set(err, EFBIG, "larger than %zu bytes", max);
    }
}

int read_all(int fd, size_t max, struct str *out, struct err *err)
{
    return read_all_until(fd, max, -1, out, err);
}

int read_file(const char *path, size_t max, struct str *out, struct err *err)
{
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", path);
    int ret = read_all(fd, max, out, err);
    return ret < 0 ? err_wrap(err, "'%s'", path) : 0;
}

int write_file(const char *path, const void *bytes, size_t len, mode_t mode, struct err *err)
{
    auto_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);

    if (fd < 0)
        return err_errno(err, errno, "cannot create '%s'", path);
    int ret = write_full(fd, bytes, len);
    if (ret < 0)
        return err_errno(err, ret, "cannot write '%s'", path);
    if (close(steal_fd(&fd)) < 0)
        return err_errno(err, errno, "cannot write '%s'", path);
    return 0;
}

static bool is_executable(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

char *find_executable(const char *dirs, const char *name, bool (*accept)(const char *path))
{
    auto_strv struct strv list = STRV_INIT;

    strv_split(&list, dirs, ":");
    for (size_t i = 0; i < list.count; i++) {
        auto_free char *path = path_join(list.items[i], name);
        if (is_executable(path) && (!accept || accept(path)))
            return steal(&path);
    }
    return NULL;
}

static int copy_by_hand(int from, int to, uint64_t len, struct err *err)
{
    enum { CHUNK = 1 << 17 };
    auto_free char *buf = xmalloc(CHUNK);

    while (len > 0) {
        ssize_t n = retry_eintr(read(from, buf, len < CHUNK ? (size_t)len : CHUNK));
        if (n < 0)
            return err_errno(err, errno, "cannot read");
        if (n == 0)
            return 0;
        int ret = write_full(to, buf, (size_t)n);
        if (ret < 0)
            return err_errno(err, ret, "cannot write");
        len -= (uint64_t)n;
    }
    return 0;
}

int copy_range(int from, int to, uint64_t len, struct err *err)
{
    const uint64_t most = 1 << 30;

    while (len > 0) {
        size_t step = (size_t)(len < most ? len : most);
        ssize_t n = retry_eintr(copy_file_range(from, NULL, to, NULL, step, 0));
        if (n == 0) /* the end, or a wrong 0, as for files of /proc */
            return copy_by_hand(from, to, len, err);
        if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP))
            return copy_by_hand(from, to, len, err);
        if (n < 0)
            return err_errno(err, errno, "cannot copy");
        len -= (uint64_t)n;
    }
    return 0;
}

int copy_fd(int from, int to, struct err *err)
{
    return copy_range(from, to, UINT64_MAX, err);
}

int files_equal(int a, int b, bool *ret_equal, struct err *err)
{
    enum { CHUNK = 1 << 17 };
    auto_free char *x = xmalloc(CHUNK), *y = xmalloc(CHUNK);
    struct stat a_st, b_st;

    if (fstat(a, &a_st) < 0 || fstat(b, &b_st) < 0)
        return err_errno(err, errno, "cannot read");
    *ret_equal = a_st.st_size == b_st.st_size;
    for (off_t at = 0; *ret_equal;) {
        ssize_t n = retry_eintr(pread(a, x, CHUNK, at));
        ssize_t m = n > 0 ? retry_eintr(pread(b, y, (size_t)n, at)) : 0;
        if (n < 0 || m < 0)
            return err_errno(err, errno, "cannot read");
        *ret_equal = n == m && memcmp(x, y, (size_t)n) == 0;
        if (n == 0)
            return 0;
        at += n;
    }
    return 0;
}

static int read_names(DIR *dir, size_t max, struct strv *ret_names, struct err *err)
{
    for (size_t count = 0; !max || count < max;) {
        errno = 0;
        struct dirent *entry = readdir(dir);
        if (!entry)
            return errno ? err_errno(err, errno, "cannot list a directory") : 0;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        strv_push(ret_names, entry->d_name);
        count++;
    }
    return 0;
}

int list_dir(int dirfd, size_t max, struct strv *ret_names, struct err *err)
{
    int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir) {
        int ret = err_errno(err, errno, "cannot list a directory");
        close_fd(&fd);
        return ret;
    }
    int ret = read_names(dir, max, ret_names, err);
    (void)closedir(dir);
    strv_sort(ret_names);
    return ret;
}

int make_dirs(const char *path, mode_t mode, struct err *err)
{
    auto_free char *copy = xstrdup(path);

    if (!path[0])
        return err_errno(err, ENOENT, "cannot create directory ''");
    for (char *p = copy + 1;; p++) {
        bool last = *p == '\0';
        if (*p != '/' && !last)
            continue;
        *p = '\0';
        if (mkdir(copy, mode) < 0 && errno != EEXIST)
            return err_errno(err, errno, "cannot create directory '%s'", copy);
        if (last)
            break;
        *p = '/';
    }
    struct stat st;
    if (stat(path, &st) < 0)
        return err_errno(err, errno, "cannot use directory '%s'", path);
    if (!S_ISDIR(st.st_mode))
        return err_errno(err, ENOTDIR, "cannot use directory '%s'", path);
    return 0;
}

int set_mode_at(int dirfd, const char *name, mode_t mode, struct err *err)
{
    auto_close int fd = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    auto_free char *self = xasprintf("/proc/self/fd/%d", fd);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return err_errno(err, errno, "cannot open '%s'", name);
    if (S_ISLNK(st.st_mode))
        return err_errno(err, ELOOP, "cannot set the mode of '%s'", name);
    if (chmod(self, mode) < 0)
        return err_errno(err, errno, "cannot set the mode of '%s'", name);
    return 0;
}

static int open_dir_for_removal(int dirfd, const char *name)
{
    enum { FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };
    int fd = openat(dirfd, name, FLAGS);

    if (fd < 0 && errno == EACCES && set_mode_at(dirfd, name, 0700, NULL) == 0)
        fd = openat(dirfd, name, FLAGS);
    return fd;
}

/* Directory levels that are open at once: a deeper directory is first moved up to the top. */
enum { REMOVAL_DEPTH = 32, STOP_EVERY = 64 };

struct removal {
    int stop_fd;
    size_t entries;
    int top;         /* the directory that is removed */
    size_t moved_up; /* directories that were moved there */
};

/* Moves a deep directory to the top, under a name that is not used there. */
static int move_up(struct removal *r, int dirfd, const char *name, struct err *err)
{
    for (;;) {
        auto_free char *fresh = xasprintf(".truewheel-removal-%zu", r->moved_up++);
        if (faccessat(r->top, fresh, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            continue;
        if (renameat(dirfd, name, r->top, fresh) == 0 || errno == ENOENT)
            return 0;
        if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
            return err_errno(err, errno, "cannot move '%s' in order to remove it", name);
    }
}

static int remove_entry(struct removal *r, int dirfd, const char *name, int depth, struct err *err);

/* Closes fd. The top is listed again when directories were moved there meanwhile. */
static int remove_children(struct removal *r, int fd, int depth, struct err *err)
{
    DIR *dir = fdopendir(fd);
    bool again;
    int ret = 0;

    if (!dir) {
        (void)close(fd);
        return err_errno(err, errno, "cannot list");
    }
    if (depth == 0)
        r->top = fd;
    do {
        size_t moved_up = r->moved_up;
        for (struct dirent *entry; ret == 0 && (entry = readdir(dir));)
            if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
                ret = remove_entry(r, fd, entry->d_name, depth + 1, err);
        again = ret == 0 && depth == 0 && r->moved_up != moved_up;
        if (again)
            rewinddir(dir);
    } while (again);
    (void)closedir(dir); /* closes fd as well */
    return ret;
}

static int remove_entry(struct removal *r, int dirfd, const char *name, int depth, struct err *err)
{
    if (r->stop_fd >= 0 && r->entries++ % STOP_EVERY == 0 &&
        wait_readable(-1, r->stop_fd, 0, NULL) == -ERR_CANCELLED)
        return err_set(err, ERR_CANCELLED, "stopped");
    if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return err_errno(err, errno, "cannot remove '%s'", name);
    auto_close int fd = open_dir_for_removal(dirfd, name);
    if (fd < 0)
        return err_errno(err, errno, "cannot remove '%s'", name);
    (void)fchmod(fd, 0700); /* if it fails and is needed, the removal below fails with a message */
    if (depth == REMOVAL_DEPTH)
        return move_up(r, dirfd, name, err);
    int ret = remove_children(r, steal_fd(&fd), depth, err);
    if (ret < 0)
        return err_wrap(err, "'%s'", name);
    if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return err_errno(err, errno, "cannot remove '%s'", name);
    return 0;
}

int remove_tree_until(int dirfd, const char *name, int stop_fd, struct err *err)
{
    struct removal removal = {.top = -1, .stop_fd = stop_fd};

    return remove_entry(&removal, dirfd, name, 0, err);
}

int remove_tree_at(int dirfd, const char *name, struct err *err)
{
    return remove_tree_until(dirfd, name, -1, err);
}

int make_pipe(int ret_fds[2], struct err *err)
{
    if (pipe2(ret_fds, O_CLOEXEC) < 0)
        return err_errno(err, errno, "cannot make a pipe");
    return 0;
}

int set_nonblocking(int fd, struct err *err)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
        return err_errno(err, errno, "cannot make a descriptor non-blocking");
    return 0;
}
