/* Fills the job directory: its parts, the sdist, the source tree. */
#include "sandbox/job_dir.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/path.h"
#include "system/safe_dir.h"

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
    return source_trees_open(spec, &ret_sources->trees, err);
}

void sandbox_close_sources(struct sandbox_sources *sources)
{
    close_fd(&sources->archive);
    source_trees_release(&sources->trees);
}

static int copy_archive(const struct sandbox_spec *spec, int archive, int job, uid_t owner,
                        struct err *err)
{
    const char *name = path_base(spec->archive_host);
    auto_close int dir = -1;
    int ret = job_make_dir(job, "sdist", owner, &dir, err);

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

int sandbox_fill_job(const struct sandbox_spec *spec, const struct sandbox_sources *sources,
                     int job, uid_t owner, int *ret_out, struct err *err)
{
    static const char *const parts[] = {"src", "tmp", "home", "cargo", "out"};
    int fds[ARRAY_SIZE(parts)] = {-1, -1, -1, -1, -1};
    int ret = job_set_owner(job, owner, err);

    for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(parts); i++)
        ret = job_make_dir(job, parts[i], owner, &fds[i], err);
    if (ret == 0 && sources->archive >= 0)
        ret = copy_archive(spec, sources->archive, job, owner, err);
    if (ret == 0)
        ret = source_trees_fill(spec, &sources->trees, job, owner, err);
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
