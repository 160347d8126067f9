/* Shows the directories of a source in the job directory. */
#include "sandbox/source_trees.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "system/copy_tree.h"
#include "sandbox/mount.h"

enum { TREE_COPY_ENTRIES = 50000, MAX_OMIT_BYTES = 256 << 20 };
#define TREE_COPY_BYTES ((uint64_t)256 << 20)

/*
 * Names of open descriptors while the root is built. Not those of the host's /proc: there this
 * process has another pid.
 */
#define STAGE_FD STAGE_NEW "/proc/self/fd/"

enum { DIR_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

/* What making one of the trees needs to know. */
struct filling {
    const struct sandbox_spec *spec;
    const struct source_tree *tree;
    size_t number;
    int job;
    uid_t owner;
};

/* ------------------------------------------------------------------------------------- opening */

/* Names that end in NULs, which may have any other bytes in them. */
static int read_omit(const char *path, struct strv *ret_omit, struct err *err)
{
    auto_str struct str text = STR_INIT;
    int ret = read_file(path, MAX_OMIT_BYTES, &text, err);

    for (size_t at = 0; ret == 0 && at < text.len; at += strlen(text.buf + at) + 1)
        strv_push(ret_omit, text.buf + at);
    strv_sort(ret_omit);
    return ret;
}

int source_trees_open(const struct sandbox_spec *spec, struct source_trees *ret_trees,
                      struct err *err)
{
    for (size_t i = 0; i < spec->trees.count; i++) {
        const struct sandbox_tree *tree = &spec->trees.items[i];
        int fd = open(tree->host, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
            return err_errno(err, errno, "cannot open '%s'", tree->host);
        VEC_GROW(ret_trees);
        struct source_tree *item = &ret_trees->items[ret_trees->count++];
        *item = (struct source_tree){.spec = tree, .fd = fd, .omit = STRV_INIT};
        int ret = tree->omit ? read_omit(tree->omit, &item->omit, err) : 0;
        if (ret < 0)
            return ret;
    }
    return 0;
}

void source_trees_release(struct source_trees *trees)
{
    for (size_t i = 0; i < trees->count; i++) {
        close_fd(&trees->items[i].fd);
        strv_release(&trees->items[i].omit);
    }
    free(trees->items);
    *trees = (struct source_trees){0};
}

/* --------------------------------------------------------------------------------- directories */

int job_set_owner(int fd, uid_t owner, struct err *err)
{
    if (owner != (uid_t)-1 && fchown(fd, owner, owner) < 0)
        return err_errno(err, errno, "cannot give a directory to the build user");
    return 0;
}

int job_make_dir(int parent, const char *name, uid_t owner, int *ret_fd, struct err *err)
{
    if (mkdirat(parent, name, 0755) < 0)
        return err_errno(err, errno, "cannot create '%s' in the job directory", name);
    auto_close int fd = openat(parent, name, DIR_FLAGS);
    if (fd < 0 || fchmod(fd, 0755) < 0)
        return err_errno(err, errno, "cannot open '%s' in the job directory", name);
    int ret = job_set_owner(fd, owner, err);
    if (ret == 0)
        *ret_fd = steal_fd(&fd);
    return ret;
}

/* The directory `name` in `parent`, which keeps its time when it has to be made. */
static int enter_dir(int parent, const char *name, uid_t owner, bool *ret_is_new, int *ret_fd,
                     struct err *err)
{
    struct stat st;

    *ret_fd = openat(parent, name, DIR_FLAGS);
    *ret_is_new = *ret_fd < 0;
    if (*ret_fd >= 0)
        return 0;
    if (errno != ENOENT || fstat(parent, &st) < 0)
        return err_errno(err, errno, "cannot open '%s' in the job directory", name);
    const struct timespec times[] = {st.st_atim, st.st_mtim};
    int ret = job_make_dir(parent, name, owner, ret_fd, err);
    if (ret == 0 && futimens(parent, times) < 0)
        ret = err_errno(err, errno, "cannot set the time of a directory");
    return ret;
}

/*
 * The place of a tree below src/; new unless something is there already. From the job directory on: an
 * overlay that is at src/ by now is found by its name alone.
 */
static int open_place(const struct filling *f, bool *ret_is_new, int *ret_fd, struct err *err)
{
    auto_strv struct strv parts = STRV_INIT;
    auto_close int at = openat(f->job, "src", DIR_FLAGS);

    if (at < 0)
        return err_errno(err, errno, "cannot open the source");
    *ret_is_new = f->number == 0;
    strv_split(&parts, f->tree->spec->place, "/");
    for (size_t i = 0; i < parts.count; i++) {
        auto_close int next = -1;
        int ret = enter_dir(at, parts.items[i], f->owner, ret_is_new, &next, err);
        if (ret < 0)
            return ret;
        close_fd(&at);
        at = steal_fd(&next);
    }
    *ret_fd = steal_fd(&at);
    return 0;
}

/* ------------------------------------------------------------------------------------- overlay */

/* Whether an overlay can have its writable layer there: it marks replaced directories this way. */
static bool keeps_user_xattrs(int dir)
{
    return fsetxattr(dir, "user.truewheel", "1", 1, 0) == 0 &&
           fremovexattr(dir, "user.truewheel") == 0;
}

/* What is done with a directory of the upper layer and the one that it is laid over. */
typedef int layer_fn(int upper, const char *path, const struct stat *lower, struct err *err);

static int make_layer_dir(int upper, const char *path, const struct stat *lower, struct err *err)
{
    if (mkdirat(upper, path, lower->st_mode & 0777) < 0 && errno != EEXIST)
        return err_errno(err, errno, "cannot create '%s'", path);
    return 0;
}

static int set_layer_time(int upper, const char *path, const struct stat *lower, struct err *err)
{
    const struct timespec times[] = {lower->st_atim, lower->st_mtim};

    if (utimensat(upper, path, times, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
        return err_errno(err, errno, "cannot set the time of '%s'", path);
    return 0;
}

static int for_dirs_above(int lower, int upper, const char *name, layer_fn *fn, struct err *err)
{
    int ret = 0;

    for (const char *p = strchr(name, '/'); ret == 0 && p; p = strchr(p + 1, '/')) {
        auto_free char *path = xstrndup(name, (size_t)(p - name));
        struct stat st;
        if (fstatat(lower, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
            return err_set(err, ENOTDIR, "'%s' is no directory any more", path);
        ret = fn(upper, path, &st, err);
    }
    return ret;
}

/* Hides one name of the lower layer: in the upper one stands a device 0:0 in its place. */
static int white_out(int lower, int upper, const char *name, struct err *err)
{
    struct stat st;

    if (fstatat(lower, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return 0; /* it is gone */
    int ret = for_dirs_above(lower, upper, name, make_layer_dir, err);
    if (ret == 0 && mknodat(upper, name, S_IFCHR, makedev(0, 0)) < 0)
        ret = err_errno(err, errno, "cannot hide '%s'", name);
    return ret;
}

static int white_out_all(const struct filling *f, int upper, struct err *err)
{
    const struct strv *omit = &f->tree->omit;
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < omit->count; i++)
        ret = white_out(f->tree->fd, upper, omit->items[i], err);
    for (size_t i = 0; ret == 0 && i < omit->count; i++)
        ret = for_dirs_above(f->tree->fd, upper, omit->items[i], set_layer_time, err);
    return ret;
}

static int make_layers(const struct filling *f, int *ret_upper, int *ret_work, struct err *err)
{
    auto_free char *upper = xasprintf(".upper-%zu", f->number);
    auto_free char *work = xasprintf(".work-%zu", f->number);
    int ret = job_make_dir(f->job, upper, (uid_t)-1, ret_upper, err);

    if (ret == 0)
        ret = job_make_dir(f->job, work, (uid_t)-1, ret_work, err);
    if (ret == 0 && !keeps_user_xattrs(*ret_upper))
        ret = err_set(err, EOPNOTSUPP, "no extended attributes for an overlay");
    return ret == 0 ? white_out_all(f, *ret_upper, err) : ret;
}

static void remove_layers(const struct filling *f)
{
    auto_free char *upper = xasprintf(".upper-%zu", f->number);
    auto_free char *work = xasprintf(".work-%zu", f->number);

    (void)remove_tree_at(f->job, upper, NULL); /* if they stay, they do no harm */
    (void)remove_tree_at(f->job, work, NULL);
}

/*
 * Mounts an overlay at `place`: the tree is the lower layer, and what the build writes goes to an
 * upper layer in the job directory. Only for a tree that belongs to the payload: an overlay does
 * not change who may write to which file.
 */
static int overlay(const struct filling *f, int place, struct err *err)
{
    auto_free char *target = xasprintf(STAGE_FD "%d", place);
    auto_close int upper = -1;
    auto_close int work = -1;
    struct stat st;

    if (fstat(f->tree->fd, &st) < 0 || st.st_uid != f->owner)
        return err_set(err, EPERM, "the tree belongs to somebody else");
    int ret = make_layers(f, &upper, &work, err);
    if (ret < 0)
        return ret;
    auto_free char *options = xasprintf("userxattr,lowerdir=" STAGE_FD "%d,upperdir=" STAGE_FD
                                        "%d,workdir=" STAGE_FD "%d",
                                        f->tree->fd, upper, work);
    if (mount("overlay", target, "overlay", MS_NOSUID | MS_NODEV, options) < 0)
        return err_errno(err, errno, "cannot mount an overlay");
    return 0;
}

/* ----------------------------------------------------------------------------------------- all */

static struct copy_limits limits_of(const struct filling *f, bool may_overlay)
{
    struct copy_limits limits = {.owner = f->owner, .omit = &f->tree->omit};

    if (may_overlay) {
        limits.max_bytes = f->spec->tree_copy_max ? f->spec->tree_copy_max : TREE_COPY_BYTES;
        limits.max_entries = TREE_COPY_ENTRIES;
    }
    return limits;
}

/* Removes what was copied before the limit was met. */
static int empty_dir(int dir, struct err *err)
{
    auto_strv struct strv names = STRV_INIT;
    int ret = list_dir(dir, 0, &names, err);

    for (size_t i = 0; ret == 0 && i < names.count; i++)
        ret = remove_tree_at(dir, names.items[i], err);
    return ret;
}

static int fill_one(const struct filling *f, int place, bool is_new, struct err *err)
{
    bool may_overlay = is_new && f->spec->mode == SANDBOX_NAMESPACES;
    struct copy_limits limits = limits_of(f, may_overlay), unlimited = limits_of(f, false);
    int ret = copy_tree(f->tree->fd, place, &limits, err);

    if (ret != -EFBIG || !may_overlay)
        return ret;
    if ((ret = empty_dir(place, err)) < 0)
        return ret;
    if (overlay(f, place, NULL) == 0)
        return 0;
    remove_layers(f);
    return copy_tree(f->tree->fd, place, &unlimited, err);
}

int source_trees_fill(const struct sandbox_spec *spec, const struct source_trees *trees, int job,
                      uid_t owner, struct err *err)
{
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < trees->count; i++) {
        struct filling f = {spec, &trees->items[i], i, job, owner};
        auto_close int place = -1;
        bool is_new = false;
        ret = open_place(&f, &is_new, &place, err);
        if (ret == 0)
            ret = fill_one(&f, place, is_new, err);
        if (ret < 0)
            err_wrap(err, "'%s'", trees->items[i].spec->host);
    }
    return ret;
}
