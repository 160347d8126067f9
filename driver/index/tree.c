/* A directory that is replaced whole. */
#include "index/tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/vec.h"
#include "system/publish.h"

static const char prefix[] = ".truewheel-index-";

static int open_dir(int dirfd, const char *name)
{
    return openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* --------------------------------------------------------------------------------------- begin */

/* With the lock held, whoever has made these is dead. */
static int remove_left(int dir, struct err *err)
{
    auto_strv struct strv names = STRV_INIT;
    int ret = list_dir(dir, 0, &names, err);

    for (size_t i = 0; ret == 0 && i < names.count; i++)
        if (str_starts(names.items[i], prefix))
            ret = remove_tree_at(dir, names.items[i], err);
    return ret;
}

static int make_fresh(struct index_tree *tree, struct err *err)
{
    (void)snprintf(tree->name_of_fresh, sizeof(tree->name_of_fresh), "%s%d", prefix, (int)getpid());
    if (mkdirat(tree->dir, tree->name_of_fresh, 0755) < 0)
        return err_errno(err, errno, "cannot make a directory");
    tree->fresh = open_dir(tree->dir, tree->name_of_fresh);
    if (tree->fresh < 0 || fchmod(tree->fresh, 0755) < 0)
        return err_errno(err, errno, "cannot open a directory that was just made");
    return 0;
}

int index_tree_begin(const char *dir, const char *name, struct index_tree *ret_tree,
                     struct err *err)
{
    ret_tree->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ret_tree->dir < 0)
        return err_errno(err, errno, "cannot open '%s'", dir);
    if (retry_eintr(flock(ret_tree->dir, LOCK_EX)) < 0)
        return err_errno(err, errno, "cannot lock '%s'", dir);
    ret_tree->name = xstrdup(name);
    int ret = remove_left(ret_tree->dir, err);
    if (ret < 0)
        return ret;
    ret_tree->old = open_dir(ret_tree->dir, name);
    if (ret_tree->old < 0 && errno != ENOENT)
        return err_errno(err, errno, "cannot open '%s/%s'", dir, name);
    return make_fresh(ret_tree, err);
}

int index_tree_enter(struct index_tree *tree, const char *name, int *ret_old, int *ret_fresh,
                     struct err *err)
{
    *ret_old = tree->old < 0 ? -1 : open_dir(tree->old, name);
    if (mkdirat(tree->fresh, name, 0755) < 0)
        return err_errno(err, errno, "cannot make '%s'", name);
    *ret_fresh = open_dir(tree->fresh, name);
    if (*ret_fresh < 0 || fchmod(*ret_fresh, 0755) < 0)
        return err_errno(err, errno, "cannot open '%s'", name);
    tree->put++;
    tree->kept += *ret_old >= 0;
    return 0;
}

/* ----------------------------------------------------------------------------------------- put */

static bool is_current(int old, const char *name, int from)
{
    struct stat st;

    return old >= 0 && fstatat(old, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           (st.st_mode & 07777) == 0644 && publish_is_current(old, name, from);
}

static int copy(int fresh, const char *name, int from, struct err *err)
{
    auto_close int fd = openat(fresh, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

    if (fd < 0 || fchmod(fd, 0644) < 0)
        return err_errno(err, errno, "cannot make '%s'", name);
    if (lseek(from, 0, SEEK_SET) < 0)
        return err_errno(err, errno, "cannot rewind");
    int ret = copy_fd(from, fd, err);
    return ret < 0 ? err_wrap(err, "cannot write '%s'", name) : 0;
}

int index_tree_put(struct index_tree *tree, int old, int fresh, const char *name, int from,
                   struct err *err)
{
    bool current = is_current(old, name, from);

    tree->put++;
    tree->kept += current;
    if (current && linkat(old, name, fresh, name, 0) == 0)
        return 0;
    return copy(fresh, name, from, err);
}

int index_tree_put_bytes(struct index_tree *tree, int old, int fresh, const char *name,
                         const struct str *bytes, struct err *err)
{
    auto_close int fd = memfd_create("index", MFD_CLOEXEC);

    if (fd < 0)
        return err_errno(err, errno, "cannot make a memory file");
    int ret = write_full(fd, bytes->buf, bytes->len);
    if (ret < 0)
        return err_errno(err, ret, "cannot write to memory");
    return index_tree_put(tree, old, fresh, name, fd, err);
}

/* -------------------------------------------------------------------------------------- commit */

/* Files and directories, as `put` counts them: nothing lies deeper. */
static size_t count_entries(int dir)
{
    auto_strv struct strv names = STRV_INIT;
    size_t count = 0;

    if (list_dir(dir, 0, &names, NULL) < 0)
        return SIZE_MAX;
    for (size_t i = 0; i < names.count; i++) {
        auto_strv struct strv below = STRV_INIT;
        auto_close int fd = open_dir(dir, names.items[i]);
        if (fd >= 0 && list_dir(fd, 0, &below, NULL) < 0)
            return SIZE_MAX;
        count += 1 + below.count;
    }
    return count;
}

static bool is_same(const struct index_tree *tree)
{
    return tree->old >= 0 && tree->kept == tree->put && count_entries(tree->old) == tree->put;
}

/* Where a file system cannot exchange two names, there is none for a moment. */
static int exchange(struct index_tree *tree, struct err *err)
{
    auto_free char *aside = xasprintf("%sold", prefix);

    if (renameat2(tree->dir, tree->name_of_fresh, tree->dir, tree->name, RENAME_EXCHANGE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return err_errno(err, errno, "cannot replace '%s'", tree->name);
    if (renameat(tree->dir, tree->name, tree->dir, aside) < 0 ||
        renameat(tree->dir, tree->name_of_fresh, tree->dir, tree->name) < 0)
        return err_errno(err, errno, "cannot replace '%s'", tree->name);
    (void)snprintf(tree->name_of_fresh, sizeof(tree->name_of_fresh), "%s", aside);
    return 0;
}

int index_tree_commit(struct index_tree *tree, bool *ret_changed, struct err *err)
{
    int ret = 0;

    *ret_changed = !is_same(tree);
    if (!*ret_changed)
        return 0;
    if (syncfs(tree->fresh) < 0)
        return err_errno(err, errno, "cannot write to disk");
    if (tree->old >= 0)
        ret = exchange(tree, err);
    else if (renameat(tree->dir, tree->name_of_fresh, tree->dir, tree->name) < 0)
        ret = err_errno(err, errno, "cannot make '%s'", tree->name);
    if (ret == 0 && fsync(tree->dir) < 0 && errno != EINVAL)
        ret = err_errno(err, errno, "cannot write the directory to disk");
    return ret;
}

void index_tree_release(struct index_tree *tree)
{
    if (tree->dir >= 0 && tree->name_of_fresh[0])
        (void)remove_tree_at(tree->dir, tree->name_of_fresh, NULL); /* the next one tries again */
    close_fd(&tree->old);
    close_fd(&tree->fresh);
    close_fd(&tree->dir);
    free(tree->name);
}
