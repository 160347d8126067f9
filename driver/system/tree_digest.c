/* Digests and sizes of trees. */
#include "system/tree_digest.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "base/vec.h"

enum { DIR_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

static int digest_dir(int fd, const char *prefix, struct sha256 *hash, struct err *err);

static int digest_subdir(int dirfd, const char *name, const char *path, struct sha256 *hash,
                         struct err *err)
{
    auto_free char *line = xasprintf("dir %s\n", path);
    auto_close int fd = openat(dirfd, name, DIR_FLAGS);

    sha256_update(hash, line, strlen(line));
    return fd < 0 ? err_errno(err, errno, "cannot open '%s'", path)
                  : digest_dir(fd, path, hash, err);
}

static void digest_link(int dirfd, const char *name, const char *path, struct sha256 *hash)
{
    char target[4096];
    ssize_t n = readlinkat(dirfd, name, target, sizeof(target) - 1);

    target[n < 0 ? 0 : n] = '\0';
    auto_free char *line = xasprintf("link %s -> %s\n", path, target);
    sha256_update(hash, line, strlen(line));
}

static int digest_file(int dirfd, const char *name, const char *path, mode_t mode,
                       struct sha256 *hash, struct err *err)
{
    char hex[SHA256_HEX];
    auto_close int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", path);
    int ret = sha256_hex_fd(fd, hex, err);
    if (ret < 0)
        return ret;
    auto_free char *line = xasprintf("file %s %o %s\n", path, mode & 07111U, hex);
    sha256_update(hash, line, strlen(line));
    return 0;
}

static int digest_entry(int dirfd, const char *name, const char *prefix, struct sha256 *hash,
                        struct err *err)
{
    auto_free char *path = xasprintf("%s/%s", prefix, name);
    struct stat st;

    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return err_errno(err, errno, "cannot look at '%s'", path);
    if (S_ISDIR(st.st_mode))
        return digest_subdir(dirfd, name, path, hash, err);
    if (S_ISREG(st.st_mode))
        return digest_file(dirfd, name, path, st.st_mode, hash, err);
    if (!S_ISLNK(st.st_mode))
        return err_set(err, ERR_FORMAT, "'%s' is no file", path);
    digest_link(dirfd, name, path, hash);
    return 0;
}

static int digest_dir(int fd, const char *prefix, struct sha256 *hash, struct err *err)
{
    auto_strv struct strv names = STRV_INIT;
    int ret = list_dir(fd, 0, &names, err);

    for (size_t i = 0; ret == 0 && i < names.count; i++)
        ret = digest_entry(fd, names.items[i], prefix, hash, err);
    return ret;
}

int tree_digest(int dirfd, const char *name, char ret_hex[SHA256_HEX], struct err *err)
{
    auto_close int fd = openat(dirfd, name, DIR_FLAGS);
    uint8_t digest[SHA256_BYTES];

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", name);
    struct sha256 *hash = sha256_new();
    int ret = digest_dir(fd, "", hash, err);
    sha256_final(hash, digest);
    hex_encode(digest, sizeof(digest), ret_hex);
    return ret;
}

uint64_t tree_size(int dirfd, const char *name)
{
    auto_strv struct strv names = STRV_INIT;
    auto_close int fd = openat(dirfd, name, DIR_FLAGS);
    uint64_t size = 0;
    struct stat st;

    if (fd < 0 || list_dir(fd, 0, &names, NULL) < 0)
        return 0;
    for (size_t i = 0; i < names.count; i++) {
        if (fstatat(fd, names.items[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        size += (uint64_t)st.st_blocks * 512;
        if (S_ISDIR(st.st_mode))
            size += tree_size(fd, names.items[i]);
    }
    return size;
}
