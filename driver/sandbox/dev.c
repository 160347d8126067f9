/* Makes what a root needs and no disk has: /dev, /proc, files of /etc with users and hosts. */
#include "sandbox/dev.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "sandbox/ids.h"
#include "sandbox/mount.h"

#define HOST_DEV STAGE_HOST "/dev/"

/* Shows the host's own node: device nodes cannot be made in a user namespace. */
static int show_node(const char *root, const char *name, struct err *err)
{
    auto_free char *from = path_join(HOST_DEV, name);
    auto_free char *path = path_join("/dev", name);
    auto_free char *to = xasprintf("%s%s", root, path);
    int ret = mount_make_point(root, path, false, err);

    if (ret < 0)
        return ret;
    if (mount(from, to, NULL, MS_BIND, NULL) < 0)
        return err_errno(err, errno, "cannot show '%s'", path);
    return 0;
}

static int link_into(const char *root, const char *target, const char *path, struct err *err)
{
    auto_free char *at = xasprintf("%s%s", root, path);

    return symlink(target, at) < 0 ? err_errno(err, errno, "cannot make '%s'", path) : 0;
}

/* Pseudo terminals of the sandbox's own: those of the host belong to users' sessions. */
static int make_pts(const char *root, struct err *err)
{
    auto_free char *at = xasprintf("%s/dev/pts", root);

    if (mkdir(at, 0755) < 0)
        return err_errno(err, errno, "cannot create '%s'", at);
    if (mount("devpts", at, "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620") <
        0)
        return 0; /* some containers forbid it, and few builds need one */
    return link_into(root, "pts/ptmx", "/dev/ptmx", err);
}

int sandbox_make_dev(const char *root, struct err *err)
{
    static const char *const nodes[] = {"null", "zero", "full", "random", "urandom", "tty"};
    static const char *const links[][2] = {
        {"/proc/self/fd", "/dev/fd"},
        {"/proc/self/fd/0", "/dev/stdin"},
        {"/proc/self/fd/1", "/dev/stdout"},
        {"/proc/self/fd/2", "/dev/stderr"},
    };
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(nodes); i++)
        ret = show_node(root, nodes[i], err);
    for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(links); i++)
        ret = link_into(root, links[i][0], links[i][1], err);
    return ret < 0 ? ret : make_pts(root, err);
}

/* Makes path read-only or, with `hide`, empty. */
static int cover(const char *root, const char *path, bool hide, struct err *err)
{
    auto_free char *at = xasprintf("%s%s", root, path);
    struct stat st;

    if (lstat(at, &st) < 0)
        return 0;
    if (!hide)
        return mount_bind(at, at, MOUNT_RO, err);
    return mount_bind(S_ISDIR(st.st_mode) ? STAGE_SKEL "/empty" : STAGE_SKEL "/nothing", at,
                      MOUNT_RO, err);
}

/*
 * The kernel lets uid 0 of the host write to /proc/sys, whatever its capabilities: in a container
 * whose root is the caller, a build could write there. Where a part of /proc is covered, the kernel
 * also refuses to mount an uncovered /proc in a nested user namespace.
 */
int sandbox_make_proc(const char *root, int *ret_sys, struct err *err)
{
    static const char *const read_only[] = {"/proc/sys", "/proc/bus", "/proc/fs", "/proc/irq",
                                            "/proc/sysrq-trigger"};
    static const char *const hidden[] = {"/proc/kcore",      "/proc/keys", "/proc/kmsg",
                                         "/proc/acpi",       "/proc/scsi", "/proc/timer_list",
                                         "/proc/sched_debug"};
    auto_free char *at = xasprintf("%s/proc", root);
    int ret = 0;

    if (mount("proc", at, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) {
        ret = err_errno(err, errno, "cannot mount /proc");
        err_hint(err, "the container masks parts of /proc; it needs an unmasked one "
                      "(docker: --security-opt systempaths=unconfined)");
        return ret;
    }
    auto_free char *sys = xasprintf("%s/sys", at);
    *ret_sys = open(sys, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*ret_sys < 0)
        return err_errno(err, errno, "cannot open '/proc/sys'");
    for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(read_only); i++)
        ret = cover(root, read_only[i], false, err);
    for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(hidden); i++)
        ret = cover(root, hidden[i], true, err);
    return ret;
}

static int make_file(const char *root, const char *path, const char *text, struct err *err)
{
    auto_free char *at = xasprintf("%s%s", root, path);

    return write_file(at, text, strlen(text), 0444, err);
}

static int settle_file(const char *root, const char *path, const char *text, struct err *err)
{
    auto_free char *ours = path_join(STAGE_SKEL, path_base(path));
    auto_free char *at = xasprintf("%s%s", root, path);

    if (access(at, F_OK) < 0)
        return 0;
    int ret = write_file(ours, text, strlen(text), 0444, err);
    return ret < 0 ? ret : mount_bind(ours, at, MOUNT_RO, err);
}

int sandbox_settle_proc(const char *root, const struct sandbox_spec *spec, struct err *err)
{
    static const char *const files[][2] = {
        {"/proc/uptime", "1000.00 1000.00\n"},
        {"/proc/loadavg", "0.00 0.00 0.00 1/1 1\n"},
        {"/proc/sys/kernel/random/boot_id", "00000000-0000-4000-8000-000000000001\n"},
        {"/proc/sys/kernel/random/uuid", "00000000-0000-4000-8000-000000000002\n"},
    };
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(files) && spec->settled; i++)
        if (!guard_is_off("proc"))
            ret = settle_file(root, files[i][0], files[i][1], err);
    return ret;
}

int sandbox_make_etc(const char *root, const struct sandbox_spec *spec, struct err *err)
{
    auto_free char *passwd = xasprintf("root:x:0:0:root:/root:/bin/sh\n"
                                       "builder:x:%d:%d:builder:%s/%s/home:/bin/sh\n"
                                       "nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n",
                                       SANDBOX_UID, SANDBOX_UID, spec->root, spec->dir);
    auto_free char *group = xasprintf("root:x:0:\nbuilder:x:%d:\nnogroup:x:65534:\n", SANDBOX_UID);
    int ret;

    if ((ret = mount_make_point(root, "/etc", true, err)) < 0 ||
        (ret = make_file(root, "/etc/passwd", passwd, err)) < 0 ||
        (ret = make_file(root, "/etc/group", group, err)) < 0 ||
        (ret = make_file(root, "/etc/hostname", SANDBOX_HOST_NAME "\n", err)) < 0 ||
        (ret = link_into(root, "/proc/self/mounts", "/etc/mtab", err)) < 0)
        return ret;
    if (spec->network)
        return 0; /* the host's: see show_resolver() in root.c */
    return make_file(root, "/etc/hosts",
                     "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 " SANDBOX_HOST_NAME "\n", err);
}
