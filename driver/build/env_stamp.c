/* Digests of listings with inode numbers and times of change, by path. */
#include "build/env_stamp.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/io.h"
#include "base/str.h"
#include "base/vec.h"

enum { DIR_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

struct env_stamp {
    struct env_stamp *next;
    char *path;
    uint8_t digest[SHA256_BYTES];
};

static int add_entry(int dirfd, const char *name, struct sha256 *h, struct err *err);

static int add_children(int fd, struct sha256 *h, struct err *err)
{
    auto_strv struct strv names = STRV_INIT;
    int ret = list_dir(fd, 0, &names, err);

    for (size_t i = 0; ret == 0 && i < names.count; i++)
        ret = add_entry(fd, names.items[i], h, err);
    return ret;
}

/* The end of a directory's names is marked: "a/b" is another tree than "a" and "b". */
static int add_entry(int dirfd, const char *name, struct sha256 *h, struct err *err)
{
    struct stat st;

    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return err_errno(err, errno, "cannot look at '%s'", name);
    auto_free char *line =
        xasprintf("%s\n%o %ju %ju %ju %jd.%09ld\n", name, st.st_mode, (uintmax_t)st.st_dev,
                  (uintmax_t)st.st_ino, (uintmax_t)st.st_size, (intmax_t)st.st_ctim.tv_sec,
                  st.st_ctim.tv_nsec);
    sha256_update(h, line, strlen(line));
    if (!S_ISDIR(st.st_mode))
        return 0;
    auto_close int fd = openat(dirfd, name, DIR_FLAGS);
    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", name);
    int ret = add_children(fd, h, err);
    sha256_update(h, "/\n", 2);
    return ret;
}

static int make_digest(const char *path, uint8_t ret_digest[SHA256_BYTES], struct err *err)
{
    struct sha256 *h = sha256_new();
    int ret = add_entry(AT_FDCWD, path, h, err);

    sha256_final(h, ret_digest);
    return ret;
}

void env_stamps_init(struct env_stamps *ret_stamps)
{
    *ret_stamps = (struct env_stamps){0};
    (void)pthread_mutex_init(&ret_stamps->lock, NULL);
}

void env_stamps_release(struct env_stamps *stamps)
{
    while (stamps->first) {
        struct env_stamp *stamp = stamps->first;
        stamps->first = stamp->next;
        free(stamp->path);
        free(stamp);
    }
    (void)pthread_mutex_destroy(&stamps->lock);
}

int env_stamps_add(struct env_stamps *stamps, const char *path, struct err *err)
{
    auto_free struct env_stamp *stamp = xcalloc(1, sizeof(*stamp));
    int ret = make_digest(path, stamp->digest, err);

    if (ret < 0)
        return err_wrap(err, "the build environment '%s'", path);
    stamp->path = xstrdup(path);
    (void)pthread_mutex_lock(&stamps->lock);
    stamp->next = stamps->first;
    stamps->first = steal(&stamp);
    (void)pthread_mutex_unlock(&stamps->lock);
    return 0;
}

/* A stamp stays as it is once it is in the list. */
static const struct env_stamp *find(struct env_stamps *stamps, const char *path)
{
    (void)pthread_mutex_lock(&stamps->lock);
    const struct env_stamp *at = stamps->first;
    while (at && !str_eq(at->path, path))
        at = at->next;
    (void)pthread_mutex_unlock(&stamps->lock);
    return at;
}

int env_stamps_check(struct env_stamps *stamps, const char *path, struct err *err)
{
    const struct env_stamp *stamp = find(stamps, path);
    uint8_t now[SHA256_BYTES];

    if (!stamp || guard_is_off("env-check") ||
        (make_digest(path, now, NULL) == 0 && memcmp(now, stamp->digest, sizeof(now)) == 0))
        return 0;
    (void)err_set(
        err, ERR_BUILD,
        "the build environment '%s' was changed while builds used it, by this one or by one "
        "beside it",
        path);
    err_hint(err, "no build may write there; in the mode namespaces none can");
    return -ERR_BUILD;
}
