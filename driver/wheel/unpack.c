/* Unpacks a wheel below a directory without following anything that lies there. */
#include "wheel/unpack.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/path.h"

/* The directory that was used last, kept open: entries come in the order of their names. */
struct place {
    int root; /* borrowed */
    int fd;   /* of `dir`; -1 when that is the root itself */
    char *dir;
};

static void place_release(struct place *p)
{
    close_fd(&p->fd);
    free_ptr(&p->dir);
}

static int open_directory(int parent, const char *name)
{
    if (mkdirat(parent, name, 0777) != 0 && errno != EEXIST)
        return -1;
    return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Opens "a/b/c" below the root, making what is missing. */
static int open_path(struct place *p, const char *dir, struct err *err)
{
    auto_close int fd = -1;

    for (const char *at = dir; *at;) {
        size_t len = strcspn(at, "/");
        auto_free char *part = xstrndup(at, len);
        int next = open_directory(fd < 0 ? p->root : fd, part);
        if (next < 0)
            return err_errno(err, errno, "cannot make directory '%s'", dir);
        close_fd(&fd);
        fd = next;
        at += len + (at[len] == '/');
    }
    place_release(p);
    p->fd = steal_fd(&fd);
    p->dir = xstrdup(dir);
    return 0;
}

static int enter(struct place *p, const char *name, struct err *err)
{
    auto_free char *dir = strchr(name, '/') ? path_dir(name) : xstrdup("");

    if (p->dir && strcmp(p->dir, dir) == 0)
        return 0;
    return open_path(p, dir, err);
}

static int write_bytes(void *arg, const void *bytes, size_t len, struct err *err)
{
    int ret = write_full(*(int *)arg, bytes, len);

    return ret < 0 ? err_errno(err, -ret, "cannot write") : 0;
}

/* An entry of a wheel, or bytes of the caller's. */
struct source {
    struct wheel_zip *z;
    const struct wheel_entry *entry;
    const struct str *text; /* NULL: the entry */
    bool executable;
};

static int fill(const struct source *source, int fd, struct err *err)
{
    struct stat st;
    int ret = source->text ? write_bytes(&fd, source->text->buf, source->text->len, err)
                           : wheel_zip_stream(source->z, source->entry, write_bytes, &fd, err);

    if (ret < 0 || !source->executable)
        return ret;
    if (fstat(fd, &st) != 0 || fchmod(fd, (st.st_mode | 0111) & 07777) != 0)
        return err_errno(err, errno, "cannot make it executable");
    return 0;
}

static int create(int dirfd, const char *name, const struct source *source)
{
    return openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                  source->executable ? 0777 : 0666);
}

/* The name is taken, by an older unpacking or a process that does the same now: replace the file. */
static int replace(const struct source *source, int dirfd, const char *name, struct err *err)
{
    uint64_t id;
    if (getrandom(&id, sizeof(id), 0) != sizeof(id))
        return err_errno(err, errno, "no random numbers");
    auto_free char *temp = xasprintf(".truewheel-%016" PRIx64 ".tmp", id);
    auto_close int fd = create(dirfd, temp, source);

    if (fd < 0)
        return err_errno(err, errno, "cannot create '%s'", name);
    int ret = fill(source, fd, err);
    if (ret == 0 && renameat(dirfd, temp, dirfd, name) != 0)
        ret = err_errno(err, errno, "cannot replace '%s'", name);
    if (ret < 0)
        (void)unlinkat(dirfd, temp, 0); /* the error that is reported is the first one */
    return ret;
}

static int write_source(const struct source *source, struct place *p, const char *name,
                        struct err *err)
{
    int ret = enter(p, name, err);

    if (ret < 0)
        return ret;
    int dirfd = p->fd < 0 ? p->root : p->fd;
    const char *base = path_base(name);
    auto_close int fd = create(dirfd, base, source);
    if (fd >= 0) {
        ret = fill(source, fd, err);
        if (ret < 0)
            (void)unlinkat(dirfd, base, 0); /* as in replace() */
    } else if (errno == EEXIST) {
        ret = replace(source, dirfd, base, err);
    } else {
        ret = err_errno(err, errno, "cannot create '%s'", name);
    }
    return ret;
}

int wheel_unpack_open(const char *directory, int *ret_fd, struct err *err)
{
    auto_close int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", directory);
    if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
        return err_errno(err, errno, "cannot write to '%s'", directory);
    *ret_fd = steal_fd(&fd);
    return 0;
}

int wheel_unpack(struct wheel_zip *z, int dirfd, unpack_place *place, void *arg, struct err *err)
{
    struct place p = {.root = dirfd, .fd = -1};
    size_t count;
    const struct wheel_entry *entries = wheel_zip_entries(z, &count);
    int ret = 0;

    for (size_t i = 0; i < count && ret == 0; i++) {
        const char *name = place ? place(arg, &entries[i]) : entries[i].name;
        struct source source = {.z = z, .entry = &entries[i], .executable = entries[i].executable};
        if (name)
            ret = write_source(&source, &p, name, err);
    }
    place_release(&p);
    return ret;
}

int wheel_unpack_text(int dirfd, const char *name, const struct str *text, bool executable,
                      struct err *err)
{
    struct place p = {.root = dirfd, .fd = -1};
    struct source source = {.text = text, .executable = executable};
    int ret = write_source(&source, &p, name, err);

    place_release(&p);
    return ret;
}
