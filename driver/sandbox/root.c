/*
 * Builds the new root. B starts in a copy of the host's mounts and ends in this one:
 *
 *     /               tmpfs, read-only at the end
 *     /usr, …         what the table allows (shown.c), read-only
 *     /etc            ours, with what the table allows of the host's
 *     /home /root /run /var /opt /mnt …   empty, whatever the host has there
 *     /proc /dev      new (dev.c); /sys has only the list of processors
 *     /tmp /var/tmp /dev/shm   new, writable
 *     R               read-only, with R/<dir> (writable) and R/env/<hash> (read-only) in it
 *     binds           at their own paths, but for what is hidden in them (hide.c); inner ones after
 *                     outer ones
 *
 * Until the end the host's tree is a tree of its own, so that nothing of it is covered before it
 * has been used. After the first pivot_root, `/` is a tmpfs of ours (the stage) with the host at
 * /host, the new root at /new, and files of ours in /skel. The second pivot_root drops the host and
 * the stage.
 */
#include "sandbox/root.h"

#include <fcntl.h>
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
#include "sandbox/places.h"
#include "sandbox/stage.h"

#define HOST STAGE_HOST
#define NEW STAGE_NEW
#define SKEL STAGE_SKEL
#define SCRATCH STAGE_SCRATCH

/*
 * What the spec names, as paths of the host without symbolic links: later they would lead
 * elsewhere.
 */
struct resolved_paths {
    const struct sandbox_spec *spec;
    const struct sandbox_ids *ids;
    struct sandbox_places places;
    struct strv blocked; /* programs */
    char *env;           /* NULL: none */
    char *work;          /* NULL: none */
    char *jobserver;     /* NULL: none */
};

static int resolve(const char *path, char **ret_real, struct err *err)
{
    if (path && !(*ret_real = realpath(path, NULL)))
        return err_errno(err, errno, "cannot show '%s'", path);
    return 0;
}

static int resolve_paths(const struct sandbox_spec *spec, const struct sandbox_ids *ids,
                         struct resolved_paths *ret_paths, struct err *err)
{
    *ret_paths = (struct resolved_paths){.spec = spec, .ids = ids};

    sandbox_list_blocked_programs(spec, &ret_paths->blocked);
    int ret = sandbox_list_places(spec, ids, &ret_paths->places, err);
    if (ret == 0)
        ret = resolve(spec->env_host, &ret_paths->env, err);
    if (ret == 0)
        ret = resolve(spec->jobserver_host, &ret_paths->jobserver, err);
    return ret < 0 || spec->tmpfs ? ret : resolve(spec->work_host, &ret_paths->work, err);
}

static void release_paths(struct resolved_paths *paths)
{
    sandbox_places_release(&paths->places);
    strv_release(&paths->blocked);
    free(paths->env);
    free(paths->work);
    free(paths->jobserver);
}

/*
 * Whether the path leads through a symbolic link in the new root. Then there is nothing to show at
 * it: what the link leads to is shown at its own path.
 */
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

static int make_link(const char *path, const char *target, struct err *err)
{
    auto_free char *at = xasprintf(NEW "%s", path);
    auto_free char *parent = path_dir(path);
    int ret = mount_make_point(NEW, parent, true, err);

    if (ret == 0 && symlink(target, at) < 0)
        ret = err_errno(err, errno, "cannot make '%s'", path);
    return ret;
}

static int show_table(const struct sandbox_places *places, struct err *err)
{
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < places->count; i++) {
        const struct sandbox_place *place = &places->items[i];
        if (place->kind == PLACE_LINK)
            ret = make_link(place->path, place->from, err);
        else if (place->kind == PLACE_BASE)
            ret = show_at(place->from, place->path, MOUNT_RO, err);
    }
    return ret;
}

static int show_binds(const struct sandbox_places *places, struct sandbox_covers *covers,
                      struct err *err)
{
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < places->count; i++) {
        const struct sandbox_place *place = &places->items[i];
        if (place->kind == PLACE_BIND)
            ret = show_at(place->from, place->path, place->access, err);
        else if (place->kind == PLACE_HIDDEN)
            ret = sandbox_hide(place->path, covers, err);
    }
    return ret;
}

/* What programs expect to be there, and is empty. */
static int make_empty_directories(struct err *err)
{
    static const char *const dirs[] = {"/proc", "/dev",   "/sys", "/tmp", "/run",  "/home", "/root",
                                       "/mnt",  "/media", "/srv", "/opt", "/boot", "/var"};
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(dirs); i++)
        ret = mount_make_point(NEW, dirs[i], true, err);
    return ret < 0 ? ret : make_link("/var/run", "/run", err);
}

/* Shows a new directory of the scratch tmpfs at path. */
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

static int show_writable(const struct sandbox_spec *spec, struct err *err)
{
    int ret;

    if ((ret = mount_tmpfs(SCRATCH, spec->tmpfs_bytes, "0755", err)) < 0 ||
        (ret = show_scratch("tmp", "/tmp", 01777, err)) < 0 ||
        (ret = show_scratch("shm", "/dev/shm", 01777, err)) < 0)
        return ret;
    return show_scratch("vartmp", "/var/tmp", 01777, err);
}

/* R itself: read-only, with the mount points of the job and its environment. */
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

static int show_job(const struct resolved_paths *paths, int *ret_job, struct err *err)
{
    const struct sandbox_spec *spec = paths->spec;
    auto_free char *from =
        spec->tmpfs ? xstrdup(SCRATCH "/job") : xasprintf(HOST "%s", paths->work);
    auto_free char *to = xasprintf(NEW "%s/%s", spec->root, spec->dir);
    int ret = spec->tmpfs ? sandbox_make_dir(from, 0755, err) : 0;

    if (ret < 0 || (ret = mount_bind(from, to, MOUNT_RW, err)) < 0)
        return ret;
    *ret_job = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *ret_job < 0 ? err_errno(err, errno, "cannot open the job directory") : 0;
}

static int show_jobserver(const struct resolved_paths *paths, struct err *err)
{
    const struct sandbox_spec *spec = paths->spec;

    if (!paths->jobserver)
        return 0;
    auto_free char *path = xasprintf("%s/%s/" SANDBOX_JOBSERVER, spec->root, spec->dir);
    return show_at(paths->jobserver, path, MOUNT_RW, err);
}

static int show_env(const struct resolved_paths *paths, struct err *err)
{
    const struct sandbox_spec *spec = paths->spec;

    if (!paths->env)
        return 0;
    auto_free char *real = xasprintf(HOST "%s", paths->env);
    auto_free char *to = xasprintf(NEW "%s/" SANDBOX_ENV_DIR "/%s", spec->root, spec->env_hash);
    return mount_bind(real, to, MOUNT_RO, err);
}

/*
 * Of /sys only this is shown, because programs count processors there; the rest is the machine's.
 */
static int show_processors(struct err *err)
{
    static const char path[] = "/sys/devices/system/cpu";

    return access(HOST "/sys/devices/system/cpu", F_OK) == 0 ? show_at(path, path, MOUNT_RO, err)
                                                             : 0;
}

/* With the network, names of hosts are the host's; `real`: what its resolv.conf leads to. */
static int show_resolver(const struct sandbox_spec *spec, const char *real, struct err *err)
{
    int ret = 0;

    if (spec->network && access(HOST "/etc/hosts", R_OK) == 0)
        ret = show_at("/etc/hosts", "/etc/hosts", MOUNT_RO, err);
    if (ret < 0 || !real || (!spec->network && !spec->fetch))
        return ret;
    return show_at(real, "/etc/resolv.conf", MOUNT_RO, err);
}

int sandbox_leave_host(struct err *err)
{
    int ret = mount_pivot(NEW, ".", err);

    if (ret < 0)
        return ret;
    /* The old root is now mounted on top of the new one, at ".". */
    if (umount2(".", MNT_DETACH) < 0)
        return err_errno(err, errno, "cannot leave the host's root directory");
    if (chdir("/") < 0)
        return err_errno(err, errno, "cannot enter the new root");
    unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV;
    if (mount(NULL, "/", NULL, flags, NULL) < 0)
        return err_errno(err, errno, "cannot make the new root read-only");
    return 0;
}

static int build(const struct resolved_paths *paths, const char *resolver,
                 struct sandbox_covers *covers, struct sandbox_root *ret_root, struct err *err)
{
    const struct sandbox_spec *spec = paths->spec;
    int ret;

    if ((ret = sandbox_enter_stage(paths->ids, err)) < 0 ||
        (ret = show_table(&paths->places, err)) < 0 || (ret = make_empty_directories(err)) < 0 ||
        (ret = sandbox_make_etc(NEW, spec, err)) < 0 || (ret = sandbox_make_dev(NEW, err)) < 0 ||
        (ret = sandbox_make_proc(NEW, &ret_root->proc_sys, err)) < 0 ||
        (ret = sandbox_settle_proc(NEW, spec, err)) < 0 || (ret = show_processors(err)) < 0 ||
        (ret = show_writable(spec, err)) < 0 || (ret = show_resolver(spec, resolver, err)) < 0 ||
        (ret = show_binds(&paths->places, covers, err)) < 0 ||
        (ret = sandbox_block_programs(&paths->blocked, err)) < 0 ||
        (ret = show_skeleton(spec, err)) < 0 || (ret = show_job(paths, &ret_root->job, err)) < 0 ||
        (ret = show_jobserver(paths, err)) < 0 || (ret = show_env(paths, err)) < 0)
        return ret;
    return sandbox_seal_covers(covers, err);
}

int sandbox_make_root(const struct sandbox_spec *spec, const struct sandbox_ids *ids,
                      struct sandbox_root *ret_root, struct err *err)
{
    struct resolved_paths paths;
    struct sandbox_covers covers = {0};
    auto_free char *resolver = realpath("/etc/resolv.conf", NULL);
    int ret = resolve_paths(spec, ids, &paths, err);

    *ret_root = (struct sandbox_root)SANDBOX_ROOT_INIT;
    (void)umask(022);
    if (ret == 0)
        ret = build(&paths, resolver, &covers, ret_root, err);
    sandbox_release_covers(&covers);
    release_paths(&paths);
    return ret;
}
