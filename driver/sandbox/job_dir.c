/* Fills the job directory: its parts, the sdist, the source tree. */
#include "sandbox/job_dir.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/io.h"
#include "base/path.h"
#include "system/copy_tree.h"
#include "system/safe_dir.h"
#include "sandbox/mount.h"

enum { TREE_COPY_ENTRIES = 50000 };
#define TREE_COPY_BYTES ((uint64_t)256 << 20)

/*
 * Names of open descriptors while the root is built. Not those of the host's /proc: there this
 * process has another pid.
 */
#define STAGE_FD STAGE_NEW "/proc/self/fd/"

enum { DIR_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

int sandbox_open_sources(const struct sandbox_spec *spec, struct sandbox_sources *ret_sources,
                         struct err *err)
{
    struct stat st;

    if (spec->archive_host) {
        ret_sources->archive = open(spec->archive_host, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (ret_sources->archive < 0 || fstat(ret_sources->archive, &st) < 0)
            return err_errno(err, errno, "cannot open '%s'", spec->archive_host);
        if (!S_ISREG(st.st_mode))
            return err_set(err, EINVAL, "'%s' is not a file", spec->archive_host);
    }
    if (spec->tree_host) {
        ret_sources->tree = open(spec->tree_host, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (ret_sources->tree < 0)
            return err_errno(err, errno, "cannot open '%s'", spec->tree_host);
    }
    return 0;
}

void sandbox_close_sources(struct sandbox_sources *sources)
{
    close_fd(&sources->archive);
    close_fd(&sources->tree);
}

static int set_owner(int fd, uid_t owner, struct err *err)
{
    if (owner != (uid_t)-1 && fchown(fd, owner, owner) < 0)
        return err_errno(err, errno, "cannot give a directory to the build user");
    return 0;
}

/*
 * A directory in the job directory that belongs to the payload; the mode does not depend on umask.
 */
static int make_part(int job, const char *name, uid_t owner, int *ret_fd, struct err *err)
{
    if (mkdirat(job, name, 0755) < 0)
        return err_errno(err, errno, "cannot create '%s' in the job directory", name);
    auto_close int fd = openat(job, name, DIR_FLAGS);
    if (fd < 0 || fchmod(fd, 0755) < 0)
        return err_errno(err, errno, "cannot open '%s' in the job directory", name);
    int ret = set_owner(fd, owner, err);
    if (ret == 0)
        *ret_fd = steal_fd(&fd);
    return ret;
}

static int copy_archive(const struct sandbox_spec *spec, int archive, int job, uid_t owner,
                        struct err *err)
{
    const char *name = path_base(spec->archive_host);
    auto_close int dir = -1;
    int ret = make_part(job, "sdist", owner, &dir, err);

    if (ret < 0)
        return ret;
    auto_close int out = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    if (out < 0)
        return err_errno(err, errno, "cannot create '%s'", name);
    if (fchmod(out, 0444) < 0)
        return err_errno(err, errno, "cannot set the mode of '%s'", name);
    ret = copy_fd(archive, out, err);
    return ret < 0 ? err_wrap(err, "'%s'", spec->archive_host) : 0;
}

/* Whether an overlay can have its writable layer there: it marks replaced directories this way. */
static bool keeps_user_xattrs(int dir)
{
    return fsetxattr(dir, "user.truewheel", "1", 1, 0) == 0 &&
           fremovexattr(dir, "user.truewheel") == 0;
}

/*
 * Mounts an overlay at src/: the tree is the lower layer, and what the build writes goes to an
 * upper layer in the job directory. Only for a tree that belongs to the payload: an overlay does
 * not change who may write to which file.
 */
static int overlay_tree(int tree, int job, uid_t owner, int src, struct err *err)
{
    auto_free char *target = xasprintf(STAGE_FD "%d", src);
    auto_free char *options = NULL;
    auto_close int upper = -1;
    auto_close int work = -1;
    struct stat st;
    int ret;

    if (fstat(tree, &st) < 0 || st.st_uid != owner)
        return err_set(err, EPERM, "the tree belongs to somebody else");
    if ((ret = make_part(job, ".upper", (uid_t)-1, &upper, err)) < 0 ||
        (ret = make_part(job, ".work", (uid_t)-1, &work, err)) < 0)
        return ret;
    if (!keeps_user_xattrs(upper))
        return err_set(err, EOPNOTSUPP, "no extended attributes for an overlay");
    options = xasprintf("userxattr,lowerdir=" STAGE_FD "%d,upperdir=" STAGE_FD
                        "%d,workdir=" STAGE_FD "%d",
                        tree, upper, work);
    if (mount("overlay", target, "overlay", MS_NOSUID | MS_NODEV, options) < 0)
        return err_errno(err, errno, "cannot mount an overlay");
    return 0;
}

/* Replaces a part by an empty one; *fd is its descriptor. */
static int make_part_again(int job, const char *name, uid_t owner, int *fd, struct err *err)
{
    int ret = remove_tree_at(job, name, err);

    close_fd(fd);
    return ret < 0 ? ret : make_part(job, name, owner, fd, err);
}

static int add_large_tree(const struct sandbox_spec *spec, int tree, int job, uid_t owner, int *src,
                          struct err *err)
{
    struct copy_limits unlimited = {.owner = owner};
    int ret = make_part_again(job, "src", owner, src, err);

    if (ret < 0)
        return ret;
    if (spec->mode == SANDBOX_NAMESPACES && overlay_tree(tree, job, owner, *src, NULL) == 0)
        return 0;
    (void)remove_tree_at(job, ".upper", NULL); /* if a failed overlay leaves it, it does no harm */
    (void)remove_tree_at(job, ".work", NULL);
    return copy_tree(tree, *src, &unlimited, err);
}

static int add_tree(const struct sandbox_spec *spec, int tree, int job, uid_t owner, int *src,
                    struct err *err)
{
    struct copy_limits limits = {
        .max_bytes = spec->tree_copy_max ? spec->tree_copy_max : TREE_COPY_BYTES,
        .max_entries = TREE_COPY_ENTRIES,
        .owner = owner,
    };
    int ret = copy_tree(tree, *src, &limits, err);

    if (ret == -EFBIG)
        ret = add_large_tree(spec, tree, job, owner, src, err);
    return ret < 0 ? err_wrap(err, "'%s'", spec->tree_host) : 0;
}

int sandbox_fill_job(const struct sandbox_spec *spec, const struct sandbox_sources *sources,
                     int job, uid_t owner, int *ret_out, struct err *err)
{
    static const char *const parts[] = {"src", "tmp", "home", "cargo", "out"};
    int fds[ARRAY_SIZE(parts)] = {-1, -1, -1, -1, -1};
    int ret = set_owner(job, owner, err);

    for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(parts); i++)
        ret = make_part(job, parts[i], owner, &fds[i], err);
    if (ret == 0 && sources->archive >= 0)
        ret = copy_archive(spec, sources->archive, job, owner, err);
    if (ret == 0 && sources->tree >= 0)
        ret = add_tree(spec, sources->tree, job, owner, &fds[0], err);
    /* In the modes without a root of their own a link is enough: builds see the host's paths. */
    if (ret == 0 && spec->jobserver_host && spec->mode != SANDBOX_NAMESPACES &&
        symlinkat(spec->jobserver_host, job, SANDBOX_JOBSERVER) < 0)
        ret = err_errno(err, errno, "cannot show the jobserver");
    if (ret == 0)
        *ret_out = steal_fd(&fds[4]);
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        close_fd(&fds[i]);
    return ret;
}

/*
 * Removes what an earlier build left. It may be millions of names, so only some are listed at once.
 */
static int empty_dir(int fd, struct err *err)
{
    enum { AT_ONCE = 1024 };
    size_t count;
    int ret;

    do {
        auto_strv struct strv names = STRV_INIT;
        ret = list_dir(fd, AT_ONCE, &names, err);
        count = names.count;
        for (size_t i = 0; ret == 0 && i < count; i++)
            ret = remove_tree_at(fd, names.items[i], err);
    } while (ret == 0 && count == AT_ONCE);
    return ret;
}

int sandbox_open_real_job(const struct sandbox_spec *spec, int *ret_job, struct err *err)
{
    auto_close int root = -1;
    auto_close int job = -1;
    int ret;

    if (spec->mode == SANDBOX_LOCKED) {
        ret = safe_dir_open(spec->root, &root, err);
        if (ret == 0)
            ret = safe_dir_open_at(root, spec->dir, &job, err);
    } else {
        ret = safe_dir_open(spec->work_host, &job, err);
    }
    if (ret < 0)
        return ret;
    ret = empty_dir(job, err);
    if (ret < 0)
        return err_wrap(err, "the job directory '%s'", spec->dir);
    *ret_job = steal_fd(&job);
    return 0;
}
