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

static void random_suffix(char out[13])
{
    uint8_t bytes[6];

    if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
        BUG("no random bytes");
    hex_encode(bytes, sizeof(bytes), out);
}

int tmp_file_create(int dirfd, struct tmp_file *ret, struct err *err)
{
    char suffix[13];

    for (int attempt = 0; attempt < 100; attempt++) {
        random_suffix(suffix);
        (void)snprintf(ret->name, sizeof(ret->name), ".truewheel-%s.tmp", suffix);
        ret->fd = openat(dirfd, ret->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        ret->dirfd = dirfd;
        if (ret->fd >= 0)
            return 0;
        if (errno != EEXIST)
            break;
    }
    return err_errno(err, errno, "cannot create a temporary file");
}

void tmp_file_committed(struct tmp_file *tmp)
{
    tmp->name[0] = '\0';
}

void tmp_file_release(struct tmp_file *tmp)
{
    if (tmp->fd >= 0 && tmp->name[0])
        (void)unlinkat(tmp->dirfd, tmp->name, 0); /* the next run finds it at worst */
    close_fd(&tmp->fd);
}

static const char *tmp_root(void)
{
    const char *dir = getenv("TMPDIR");

    return dir && dir[0] == '/' ? dir : "/tmp";
}

/* Ours, and nobody holds its lock any more. */
static bool is_abandoned(int rootfd, const char *name)
{
    struct stat st;
    auto_close int dir = openat(rootfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (dir < 0 || fstat(dir, &st) < 0 || st.st_uid != geteuid())
        return false;
    auto_close int owner = openat(dir, owner_name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    return owner >= 0 && flock(owner, LOCK_EX | LOCK_NB) == 0;
}

static void remove_abandoned(const char *root)
{
    DIR *dir = opendir(root);

    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (str_starts(entry->d_name, run_prefix) && is_abandoned(dirfd(dir), entry->d_name))
            (void)remove_tree_at(dirfd(dir), entry->d_name, NULL); /* somebody else's loss is none */
    (void)closedir(dir);
}

static int take_ownership(struct tmp_dir *dir, struct err *err)
{
    auto_free char *owner = xasprintf("%s/%s", dir->path, owner_name);

    dir->lock_fd = open(owner, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (dir->lock_fd < 0 || flock(dir->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return err_errno(err, errno, "cannot lock '%s'", owner);
    return 0;
}

int tmp_dir_create(struct tmp_dir *ret, struct err *err)
{
    remove_abandoned(tmp_root());
    ret->path = xasprintf("%s/%sXXXXXX", tmp_root(), run_prefix);
    if (!mkdtemp(ret->path)) {
        int saved = errno;
        free(steal(&ret->path));
        err_errno(err, saved, "cannot create a directory in '%s'", tmp_root());
        err_hint(err, "TMPDIR names the directory for temporary files");
        return -saved;
    }
    return take_ownership(ret, err);
}

void tmp_dir_release(struct tmp_dir *dir)
{
    if (dir->path)
        (void)remove_tree_at(AT_FDCWD, dir->path, NULL); /* the next run removes what stays */
    close_fd(&dir->lock_fd);
    free(steal(&dir->path));
}
