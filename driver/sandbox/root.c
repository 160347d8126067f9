/*
 * The new root. B starts in a copy of the host's mounts and ends in this one:
 *
 *     /               tmpfs, read-only at the end
 *     /usr, /etc, …   every directory of the host's root, read-only, less what hide.c names
 *     /home /root /run /mnt /media /srv /boot   empty, whatever the host has there
 *     /proc /dev      fresh (dev.c); /sys: nothing but the list of processors
 *     /tmp /var/tmp /dev/shm   fresh, writable
 *     R               read-only, with R/<dir> (writable) and R/env/<hash> (read-only) in it
 *     binds           at their own paths, over whatever was hidden; one below another counts for its part
 *
 * On the way there are three trees, so that nothing of the host is covered before it was used:
 * after the first pivot_root, `/` is a tmpfs of ours (the stage) with the host at /host, the root to
 * be at /new, and in /skel what is bound from there. The second pivot_root drops host and stage.
 */
#include "sandbox/root.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "sandbox/dev.h"
#include "sandbox/hide.h"
#include "sandbox/job_dir.h"
#include "sandbox/mount.h"
#include "sandbox/stage.h"

#define HOST STAGE_HOST
#define NEW STAGE_NEW
#define SKEL STAGE_SKEL
#define SCRATCH STAGE_SCRATCH

/* Directories of the root that exist inside, but are never the host's. */
static const char *const own_top[] = {"proc", "dev", "sys",   "tmp", "run",  "home",
                                      "root", "mnt", "media", "srv", "boot", "lost+found"};

struct bind_place {
    const struct sandbox_bind *bind; /* the spec's */
    char *real;
};

struct root_plan {
    const struct sandbox_spec *spec;
    const struct sandbox_ids *ids;
    /* Paths of the host with symbolic links resolved while they still lead where they should: */
    struct strv hide;
    struct strv unwanted; /* programs */
    struct {
        struct bind_place *items; /* what lies below another behind it */
        size_t count, cap;
    } binds;
    char *env_real;       /* NULL: none */
    char *work_real;      /* NULL: none */
    char *jobserver_real; /* NULL: none */
};

static bool is_own_top(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(own_top); i++)
        if (strcmp(name, own_top[i]) == 0)
            return true;
    return false;
}

static int resolve(const char *path, char **ret, struct err *err)
{
    if (path && !(*ret = realpath(path, NULL)))
        return err_errno(err, errno, "cannot show '%s'", path);
    return 0;
}

static int compare_binds(const void *a, const void *b)
{
    return strcmp(((const struct bind_place *)a)->real, ((const struct bind_place *)b)->real);
}

static int plan_binds(const struct sandbox_binds *binds, struct root_plan *ret, struct err *err)
{
    for (size_t i = 0; i < binds->count; i++) {
        char *real = NULL;
        int code = resolve(binds->items[i].path, &real, err);
        if (code < 0)
            return code;
        VEC_GROW(&ret->binds);
        ret->binds.items[ret->binds.count++] = (struct bind_place){&binds->items[i], real};
    }
    if (ret->binds.count)
        qsort(ret->binds.items, ret->binds.count, sizeof(*ret->binds.items), compare_binds);
    return 0;
}

static int make_plan(const struct sandbox_spec *spec, const struct sandbox_ids *ids,
                     struct root_plan *ret, struct err *err)
{
    *ret = (struct root_plan){.spec = spec, .ids = ids};

    sandbox_list_hidden(spec, ids, &ret->hide);
    sandbox_list_unwanted(spec, &ret->unwanted);
    int code = plan_binds(&spec->binds, ret, err);
    if (code == 0)
        code = resolve(spec->env_host, &ret->env_real, err);
    if (code == 0)
        code = resolve(spec->jobserver_host, &ret->jobserver_real, err);
    return code < 0 || spec->tmpfs ? code : resolve(spec->work_host, &ret->work_real, err);
}

static void release_plan(struct root_plan *plan)
{
    strv_release(&plan->hide);
    strv_release(&plan->unwanted);
    for (size_t i = 0; i < plan->binds.count; i++)
        free(plan->binds.items[i].real);
    free(plan->binds.items);
    free(plan->env_real);
    free(plan->work_real);
    free(plan->jobserver_real);
}

/* One entry of the host's root directory. What is neither a directory nor a link is not shown. */
static int show_top(int host, const char *name, struct err *err)
{
    struct stat st;
    auto_free char *from = path_join(HOST, name);
    auto_free char *to = path_join(NEW, name);

    if (fstatat(host, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return 0; /* gone, or not for us to see */
    if (S_ISLNK(st.st_mode)) {
        char target[PATH_MAX];
        ssize_t len = readlinkat(host, name, target, sizeof(target) - 1);
        if (len < 0)
            return 0;
        target[len] = '\0';
        return symlink(target, to) < 0 ? err_errno(err, errno, "cannot make '%s'", to) : 0;
    }
    if (!S_ISDIR(st.st_mode))
        return 0;
    int ret = sandbox_make_dir(to, 0755, err);
    return ret < 0 ? ret : mount_bind(from, to, MOUNT_RO, err);
}

static int show_host(struct err *err)
{
    DIR *dir = opendir(HOST);
    int ret = 0;

    if (!dir)
        return err_errno(err, errno, "cannot list the root directory");
    for (struct dirent *entry; ret == 0 && (entry = readdir(dir));) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !is_own_top(name))
            ret = show_top(dirfd(dir), name, err);
    }
    (void)closedir(dir);
    for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(own_top) - 1; i++) {
        auto_free char *path = path_join(NEW, own_top[i]);
        ret = sandbox_make_dir(path, 0755, err);
    }
    return ret;
}

/* Where a path has a symbolic link in the new root, its target is what was shown. */
static bool has_link(const char *path)
{
    auto_strv struct strv parts = STRV_INIT;
    auto_str struct str at = STR_INIT;
    struct stat st;

    str_add(&at, NEW);
    strv_split(&parts, path, "/");
    for (size_t i = 0; i < parts.count; i++) {
        str_addf(&at, "/%s", parts.items[i]);
        if (lstat(at.buf, &st) < 0)
            return false;
        if (S_ISLNK(st.st_mode))
            return true;
    }
    return false;
}

static int show_at(const char *real, const char *path, enum mount_access access, struct err *err)
{
    struct stat st;
    auto_free char *from = xasprintf(HOST "%s", real);
    auto_free char *to = xasprintf(NEW "%s", path);

    if (has_link(path))
        return 0;
    if (stat(from, &st) < 0)
        return err_errno(err, errno, "cannot show '%s'", path);
    int ret = mount_make_point(NEW, path, S_ISDIR(st.st_mode), err);
    return ret < 0 ? ret : mount_bind(from, to, access, err);
}

static int show_binds(const struct root_plan *plan, struct err *err)
{
    for (size_t i = 0; i < plan->binds.count; i++) {
        const struct sandbox_bind *bind = plan->binds.items[i].bind;
        const char *real = plan->binds.items[i].real;
        enum mount_access access = bind->writable ? MOUNT_RW : MOUNT_RO;
        int ret = show_at(real, real, access, err);
        if (ret == 0 && strcmp(real, bind->path) != 0)
            ret = show_at(real, bind->path, access, err);
        if (ret < 0)
            return ret;
    }
    return 0;
}

/* A fresh directory of the scratch tmpfs, open to everybody inside, shown at path. */
static int show_scratch(const char *name, const char *path, mode_t mode, struct err *err)
{
    auto_free char *from = path_join(SCRATCH, name);
    auto_free char *to = xasprintf(NEW "%s", path);
    int ret = sandbox_make_dir(from, 0755, err);

    if (ret < 0)
        return ret;
    if (chmod(from, mode) < 0)
        return err_errno(err, errno, "cannot set the mode of '%s'", path);
    if ((ret = mount_make_point(NEW, path, true, err)) < 0)
        return ret;
    return mount_bind(from, to, MOUNT_RW, err);
}

static int show_writable(const struct root_plan *plan, struct err *err)
{
    int ret;

    if ((ret = mount_tmpfs(SCRATCH, plan->spec->tmpfs_bytes, "0755", err)) < 0 ||
        (ret = show_scratch("tmp", "/tmp", 01777, err)) < 0 ||
        (ret = show_scratch("shm", "/dev/shm", 01777, err)) < 0)
        return ret;
    /* Not every host has a /var, and it cannot be made below a read-only one. */
    if (access(NEW "/var", F_OK) == 0 && access(NEW "/var/tmp", F_OK) < 0)
        return 0;
    return has_link("/var/tmp") ? 0 : show_scratch("vartmp", "/var/tmp", 01777, err);
}

/* R itself: a read-only skeleton that holds the mount points of the job and its environment. */
static int show_skeleton(const struct sandbox_spec *spec, struct err *err)
{
    auto_free char *at = xasprintf(NEW "%s", spec->root);
    auto_free char *env = xasprintf(SANDBOX_ENV_DIR "/%s", spec->env_hash ? spec->env_hash : "");
    int ret;

    if (has_link(spec->root))
        return err_set(err, ERR_ENVIRONMENT, "'%s' leads through a symbolic link", spec->root);
    if ((ret = mount_make_point(NEW, spec->root, true, err)) < 0) {
        err_hint(err, "create that directory, or name another with --build-root");
        return ret;
    }
    if ((ret = mount_make_point(SKEL "/root", spec->dir, true, err)) < 0 ||
        (spec->env_host && (ret = mount_make_point(SKEL "/root", env, true, err)) < 0))
        return ret;
    return mount_bind(SKEL "/root", at, MOUNT_RO, err);
}

static int show_job(const struct root_plan *plan, int *ret_job, struct err *err)
{
    const struct sandbox_spec *spec = plan->spec;
    auto_free char *from =
        spec->tmpfs ? xstrdup(SCRATCH "/job") : xasprintf(HOST "%s", plan->work_real);
    auto_free char *to = xasprintf(NEW "%s/%s", spec->root, spec->dir);
    int ret = spec->tmpfs ? sandbox_make_dir(from, 0755, err) : 0;

    if (ret < 0 || (ret = mount_bind(from, to, MOUNT_RW, err)) < 0)
        return ret;
    *ret_job = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *ret_job < 0 ? err_errno(err, errno, "cannot open the job directory") : 0;
}

static int show_jobserver(const struct root_plan *plan, struct err *err)
{
    if (!plan->jobserver_real)
        return 0;
    auto_free char *path = xasprintf("%s/%s/" SANDBOX_JOBSERVER, plan->spec->root, plan->spec->dir);
    return show_at(plan->jobserver_real, path, MOUNT_RW, err);
}

static int show_env(const struct root_plan *plan, struct err *err)
{
    if (!plan->env_real)
        return 0;
    auto_free char *real = xasprintf(HOST "%s", plan->env_real);
    auto_free char *to =
        xasprintf(NEW "%s/" SANDBOX_ENV_DIR "/%s", plan->spec->root, plan->spec->env_hash);
    return mount_bind(real, to, MOUNT_RO, err);
}

/* /sys tells about this machine and has a switch or two; programs ask it for the processors. */
static int show_processors(struct err *err)
{
    static const char path[] = "/sys/devices/system/cpu";

    return access(HOST "/sys/devices/system/cpu", F_OK) == 0 ? show_at(path, path, MOUNT_RO, err)
                                                             : 0;
}

/* With the network go the files that the resolver reads, wherever /etc has its links to. */
static int show_resolver(const struct sandbox_spec *spec, const char *real,
                         struct sandbox_covers *covers, struct err *err)
{
    if (!spec->network && !spec->fetch)
        return sandbox_hide("/etc/resolv.conf", covers, err);
    return real ? show_at(real, real, MOUNT_RO, err) : 0;
}

int sandbox_leave_host(struct err *err)
{
    int ret = mount_pivot(NEW, ".", err);

    if (ret < 0)
        return ret;
    /* Old and new root are now stacked at "."; the upper one is the old. */
    if (umount2(".", MNT_DETACH) < 0)
        return err_errno(err, errno, "cannot leave the host's root directory");
    if (chdir("/") < 0)
        return err_errno(err, errno, "cannot enter the new root");
    unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV;
    if (mount(NULL, "/", NULL, flags, NULL) < 0)
        return err_errno(err, errno, "cannot make the new root read-only");
    return 0;
}

static int build(const struct root_plan *plan, const char *resolver, struct sandbox_covers *covers,
                 int *ret_job, struct err *err)
{
    const struct sandbox_spec *spec = plan->spec;
    int ret;

    if ((ret = sandbox_enter_stage(plan->ids, err)) < 0 || (ret = show_host(err)) < 0 ||
        (ret = sandbox_hide_all(&plan->hide, covers, err)) < 0 ||
        (ret = sandbox_make_etc(NEW, SKEL, spec, err)) < 0 ||
        (ret = sandbox_make_dev(NEW, err)) < 0 || (ret = sandbox_make_proc(NEW, err)) < 0 ||
        (ret = show_processors(err)) < 0 || (ret = show_writable(plan, err)) < 0 ||
        (ret = show_resolver(spec, resolver, covers, err)) < 0 ||
        (ret = show_binds(plan, err)) < 0 || (ret = sandbox_take_away(&plan->unwanted, err)) < 0 ||
        (ret = show_skeleton(spec, err)) < 0 || (ret = show_job(plan, ret_job, err)) < 0 ||
        (ret = show_jobserver(plan, err)) < 0 || (ret = show_env(plan, err)) < 0)
        return ret;
    return sandbox_seal_covers(covers, err);
}

int sandbox_make_root(const struct sandbox_spec *spec, const struct sandbox_ids *ids, int *ret_job,
                      struct err *err)
{
    struct root_plan plan;
    struct sandbox_covers covers = {0};
    auto_close int job = -1;
    auto_free char *resolver = realpath("/etc/resolv.conf", NULL);
    int ret = make_plan(spec, ids, &plan, err);

    (void)umask(022);
    if (ret == 0)
        ret = build(&plan, resolver, &covers, &job, err);
    sandbox_release_covers(&covers);
    release_plan(&plan);
    if (ret < 0)
        return ret;
    *ret_job = steal_fd(&job);
    return 0;
}
