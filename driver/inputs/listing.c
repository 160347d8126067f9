/* The digest of a tree's listing. */
#include "inputs/listing.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "base/vec.h"

struct listing {
    struct sha256 *hash;
    const char *const *skip;
    size_t entries;
};

static int add_dir(struct listing *l, int fd, const char *prefix, struct err *err);

static bool is_skipped(const struct listing *l, const char *name)
{
    for (const char *const *p = l->skip; p && *p; p++)
        if (strcmp(*p, name) == 0)
            return true;
    return false;
}

static void add_line(struct listing *l, int dirfd, const char *name, const char *path,
                     const struct stat *st)
{
    char target[4096];
    ssize_t len = S_ISLNK(st->st_mode) ? readlinkat(dirfd, name, target, sizeof(target) - 1) : 0;

    target[len > 0 ? len : 0] = '\0';
    /* The size of a directory and its time are the file system's affair. */
    bool dir = S_ISDIR(st->st_mode);
    auto_free char *line = xasprintf(
        "%s %o %lld %lld.%ld %s\n", path, (unsigned)st->st_mode, dir ? 0 : (long long)st->st_size,
        dir ? 0 : (long long)st->st_mtim.tv_sec, dir ? 0 : st->st_mtim.tv_nsec, target);
    sha256_update(l->hash, line, strlen(line));
}

static int add_entry(struct listing *l, int dirfd, const char *name, const char *prefix,
                     struct err *err)
{
    auto_free char *path = xasprintf("%s/%s", prefix, name);
    struct stat st;

    if (++l->entries > LISTING_MAX_ENTRIES)
        return err_errno(err, EFBIG, "more than %d files", LISTING_MAX_ENTRIES);
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return 0; /* gone meanwhile: as if it had never been there */
    add_line(l, dirfd, name, path, &st);
    if (!S_ISDIR(st.st_mode))
        return 0;
    auto_close int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? 0
                  : add_dir(l, fd, path, err); /* what we may not read, a build may not either */
}

static int add_dir(struct listing *l, int fd, const char *prefix, struct err *err)
{
    auto_strv struct strv names = STRV_INIT;
    int ret = list_dir(fd, 0, &names, err);

    for (size_t i = 0; ret == 0 && i < names.count; i++)
        if (!is_skipped(l, names.items[i]))
            ret = add_entry(l, fd, names.items[i], prefix, err);
    return ret;
}

int listing_digest(const char *path, const char *const *skip, char ret_hex[SHA256_HEX],
                   struct err *err)
{
    struct listing l = {.hash = sha256_new(), .skip = skip};
    uint8_t digest[SHA256_BYTES];
    struct stat st;
    int ret = 0;

    auto_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        ret = add_dir(&l, fd, "", err);
    else if (fd >= 0 && fstat(fd, &st) == 0)
        add_line(&l, AT_FDCWD, path, "", &st);
    sha256_final(l.hash, digest);
    hex_encode(digest, sizeof(digest), ret_hex);
    return ret < 0 ? err_wrap(err, "'%s'", path) : 0;
}
