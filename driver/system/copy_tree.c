/* Copies a directory tree, always in the same order. */
#include "system/copy_tree.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/io.h"
#include "base/str.h"
#include "base/vec.h"

enum { MAX_DEPTH = 200 }; /* each level costs two descriptors */

struct copy {
    const struct copy_limits *limits;
    uint64_t bytes;
    uint64_t entries;
    int depth;
    struct str
        path; /* of the directory in progress, below `from`; kept where something is omitted */
};

/* ------------------------------------------------------------------------------- what is copied */

/* Makes copy->path that of an entry; returns the length that cut_path() wants. */
static size_t extend_path(struct copy *copy, const char *name)
{
    size_t len = copy->path.len;

    if (copy->limits->omit)
        str_addf(&copy->path, "%s%s", len ? "/" : "", name);
    return len;
}

static void cut_path(struct copy *copy, size_t len)
{
    if (copy->limits->omit)
        str_truncate(&copy->path, len);
}

static bool is_omitted(const struct copy *copy)
{
    const struct strv *omit = copy->limits->omit;

    return omit && strv_contains_sorted(omit, copy->path.buf);
}

/* Of a sparse file only what is there. */
static uint64_t bytes_on_disk(const struct stat *st)
{
    uint64_t size = (uint64_t)st->st_size, blocks = (uint64_t)st->st_blocks * 512;

    return blocks < size ? blocks : size;
}

static int check_limits(struct copy *copy, const struct stat *st, struct err *err)
{
    const struct copy_limits *limits = copy->limits;

    copy->entries++;
    copy->bytes += S_ISREG(st->st_mode) ? bytes_on_disk(st) : 0;
    if ((limits->max_bytes && copy->bytes > limits->max_bytes) ||
        (limits->max_entries && copy->entries > limits->max_entries))
        return err_set(err, EFBIG, "the tree is too large to copy");
    return 0;
}

/* ---------------------------------------------------------------------------------- how it is */

/* Only the x bit counts, as in git: the others depend on the umask that the tree was made with. */
static mode_t copied_mode(mode_t mode)
{
    if (guard_is_off("tree-modes"))
        return (mode & 0755) | (S_ISDIR(mode) ? 0700 : 0600);
    return S_ISDIR(mode) || (mode & 0111) ? 0755 : 0644;
}

/* Owner, mode and times of a new file or directory. */
static int set_attributes(const struct copy *copy, int fd, const struct stat *st, struct err *err)
{
    struct timespec times[] = {st->st_atim, st->st_mtim};
    uid_t owner = copy->limits->owner;

    if (owner != (uid_t)-1 && fchown(fd, owner, owner) < 0)
        return err_errno(err, errno, "cannot give the copy to the build user");
    if (fchmod(fd, copied_mode(st->st_mode)) < 0)
        return err_errno(err, errno, "cannot set the mode of the copy");
    if (futimens(fd, times) < 0)
        return err_errno(err, errno, "cannot set the time of the copy");
    return 0;
}

static int copy_sparse(int in, int out, off_t size, struct err *err)
{
    for (off_t at = 0; at < size;) {
        off_t data = lseek(in, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            break; /* only a hole up to the end */
        off_t end = data < 0 ? -1 : lseek(in, data, SEEK_HOLE);
        if (end < 0 || lseek(in, data, SEEK_SET) < 0 || lseek(out, data, SEEK_SET) < 0)
            return err_errno(err, errno, "cannot read a sparse file");
        int ret = copy_range(in, out, (uint64_t)(end - data), err);
        if (ret < 0)
            return ret;
        at = end;
    }
    return ftruncate(out, size) < 0 ? err_errno(err, errno, "cannot write") : 0;
}

static int copy_file(struct copy *copy, int from, int to, const char *name, struct err *err)
{
    struct stat st;
    auto_close int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (in < 0 || fstat(in, &st) < 0)
        return err_errno(err, errno, "cannot read");
    if (!S_ISREG(st.st_mode))
        return 0; /* replaced since copy_entry() examined it */
    auto_close int out =
        openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (out < 0)
        return err_errno(err, errno, "cannot create");
    bool sparse = bytes_on_disk(&st) < (uint64_t)st.st_size;
    int ret = sparse ? copy_sparse(in, out, st.st_size, err) : copy_fd(in, out, err);
    return ret < 0 ? ret : set_attributes(copy, out, &st, err);
}

static int copy_link(const struct copy *copy, int from, int to, const char *name, struct err *err)
{
    char target[PATH_MAX];
    ssize_t len = readlinkat(from, name, target, sizeof(target) - 1);
    uid_t owner = copy->limits->owner;

    if (len < 0)
        return err_errno(err, errno, "cannot read a symbolic link");
    target[len] = '\0';
    if (symlinkat(target, to, name) < 0)
        return err_errno(err, errno, "cannot create a symbolic link");
    if (owner != (uid_t)-1 && fchownat(to, name, owner, owner, AT_SYMLINK_NOFOLLOW) < 0)
        return err_errno(err, errno, "cannot give the copy to the build user");
    return 0;
}

static int copy_content(struct copy *copy, int from, int to, struct err *err);

static int copy_dir(struct copy *copy, int from, int to, const char *name, struct err *err)
{
    enum { FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };
    struct stat st;
    auto_close int in = openat(from, name, FLAGS);

    if (in < 0 || fstat(in, &st) < 0)
        return err_errno(err, errno, "cannot open");
    bool is_there = mkdirat(to, name, 0700) < 0 && errno == EEXIST;
    auto_close int out = openat(to, name, FLAGS);
    if (out < 0)
        return err_errno(err, errno, "cannot create");
    if (is_there && fstat(out, &st) < 0)
        return err_errno(err, errno, "cannot examine the copy");
    int ret = copy_content(copy, in, out, err);
    return ret < 0 ? ret : set_attributes(copy, out, &st, err);
}

static int copy_entry(struct copy *copy, int from, int to, const char *name, struct err *err)
{
    struct stat st;

    if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return err_errno(err, errno, "cannot examine");
    int ret = check_limits(copy, &st, err);
    if (ret < 0)
        return ret;
    switch (st.st_mode & S_IFMT) {
    case S_IFREG:
        return copy_file(copy, from, to, name, err);
    case S_IFLNK:
        return copy_link(copy, from, to, name, err);
    case S_IFDIR:
        return copy_dir(copy, from, to, name, err);
    default:
        return 0;
    }
}

static int copy_content(struct copy *copy, int from, int to, struct err *err)
{
    auto_strv struct strv names = STRV_INIT;
    int ret = list_dir(from, 0, &names, err);

    if (ret == 0 && ++copy->depth > MAX_DEPTH)
        ret = err_set(err, ELOOP, "the tree is more than %d levels deep", MAX_DEPTH);
    for (size_t i = 0; ret == 0 && i < names.count; i++) {
        size_t len = extend_path(copy, names.items[i]);
        ret = is_omitted(copy) ? 0 : copy_entry(copy, from, to, names.items[i], err);
        if (ret < 0 && ret != -EFBIG)
            (void)err_wrap(err, "'%s'", names.items[i]);
        cut_path(copy, len);
    }
    copy->depth--;
    return ret;
}

int copy_tree(int from, int to, const struct copy_limits *limits, struct err *err)
{
    struct copy copy = {.limits = limits, .path = STR_INIT};
    int ret = copy_content(&copy, from, to, err);

    str_release(&copy.path);
    return ret;
}
