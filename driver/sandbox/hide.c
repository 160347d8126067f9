/*
 * Hides parts of the directories that are shown. A hidden file becomes an empty one; a hidden
 * directory gets a cover, an empty tmpfs in which mount points can be made until it is sealed.
 */
#include "sandbox/hide.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/path.h"
#include "sandbox/mount.h"

/*
 * Things below the directories that are shown which are no input of a build: secrets, sockets, data
 * of others, and what differs from machine to machine. When a real root makes the sandbox, the
 * payload could not read most of them anyway (ids.c); in a container whose root is the caller it
 * could.
 */
static const char *const hidden[] = {
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/security/opasswd",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/ssh",
    "/etc/ssl/private",
    "/etc/pki/tls/private",
    "/etc/krb5.keytab",
    "/etc/NetworkManager",
    "/etc/wireguard",
    "/etc/openvpn",
    "/etc/docker",
    "/etc/kubernetes",
    "/etc/rancher",
    "/etc/letsencrypt",
    "/etc/ppp",
    "/etc/wpa_supplicant",
    "/etc/pip.conf",
    "/etc/xdg/pip",
    "/etc/gitconfig",
    "/etc/netrc",
    "/etc/machine-id",
    "/etc/hostid",
    "/etc/credstore",
    "/etc/credstore.encrypted",
    "/etc/salt",
    "/etc/puppet",
    "/etc/ansible",
    "/var/backups",
    "/var/log",
    "/var/mail",
    "/var/spool",
    "/var/crash",
    "/var/db/sudo",
    "/var/lib/docker",
    "/var/lib/containerd",
    "/var/lib/containers",
    "/var/lib/kubelet",
    "/var/lib/private",
    "/var/lib/sss",
    "/var/lib/systemd",
    "/var/lib/cloud",
    "/var/lib/dbus",
    "/var/lib/lxc",
    "/var/lib/lxd",
    "/var/lib/libvirt",
    "/var/lib/machines",
    "/var/lib/snapd",
    "/var/lib/NetworkManager",
    "/var/lib/bluetooth",
    "/var/lib/mysql",
    "/var/lib/postgresql",
    "/var/lib/sudo",
    "/var/cache/krb5rcache",
    "/var/run",
    "/var/lock",
    "/var/www",
};

/*
 * Some users have a home that is part of the system ("/", "/usr/sbin", "/bin"): it is not hidden.
 */
static bool is_system_path(const char *path)
{
    static const char *const system[] = {"/usr",   "/bin", "/sbin", "/lib", "/lib32",
                                         "/lib64", "/etc", "/proc", "/dev", "/sys"};

    for (size_t i = 0; i < ARRAY_SIZE(system); i++)
        if (path_is_below(path, system[i]))
            return true;
    return strcmp(path, "/") == 0;
}

/* Adds where the path leads: to hide the name of a link alone would leave its target open. */
static void add_resolved(struct strv *hide, const char *path)
{
    auto_free char *real = path ? realpath(path, NULL) : NULL;

    if (real && !is_system_path(real))
        strv_push(hide, real);
}

void sandbox_list_blocked_programs(const struct sandbox_spec *spec, struct strv *ret_paths)
{
    for (size_t i = 0; i < spec->without.count; i++) {
        auto_free char *real = realpath(spec->without.items[i], NULL);
        if (real && !strv_contains(ret_paths, real))
            strv_push(ret_paths, real);
    }
}

void sandbox_list_hidden(const struct sandbox_spec *spec, const struct sandbox_ids *ids,
                         struct strv *ret_paths)
{
    const struct passwd *user = getpwuid(ids->caller);

    add_resolved(ret_paths, getenv("HOME"));
    add_resolved(ret_paths, user ? user->pw_dir : NULL);
    for (size_t i = 0; i < spec->hide.count; i++)
        add_resolved(ret_paths, spec->hide.items[i]);
}

static int add_cover(const char *at, struct sandbox_covers *covers, struct err *err)
{
    int ret = mount_tmpfs(at, 0, "0755", err);

    if (ret < 0)
        return ret;
    int fd = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", at);
    VEC_GROW(covers);
    covers->items[covers->count++] = fd;
    return 0;
}

int sandbox_seal_covers(const struct sandbox_covers *covers, struct err *err)
{
    unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV;

    for (size_t i = 0; i < covers->count; i++) {
        auto_free char *at = xasprintf(STAGE_NEW "/proc/self/fd/%d", covers->items[i]);
        if (mount(NULL, at, NULL, flags, NULL) < 0)
            return err_errno(err, errno, "cannot make a hidden directory read-only");
    }
    return 0;
}

void sandbox_release_covers(struct sandbox_covers *covers)
{
    for (size_t i = 0; i < covers->count; i++)
        close_fd(&covers->items[i]);
    free(covers->items);
}

/* Does nothing for a path with a symbolic link on the way: the target is hidden by its own path. */
int sandbox_hide(const char *path, struct sandbox_covers *covers, struct err *err)
{
    struct stat st;
    auto_free char *at = xasprintf(STAGE_NEW "%s", path);
    auto_free char *parent = path_dir(at);
    auto_free char *real = realpath(parent, NULL);

    if (!real || strcmp(real, parent) != 0 || lstat(at, &st) < 0)
        return 0;
    if (S_ISDIR(st.st_mode))
        return add_cover(at, covers, err);
    if (S_ISREG(st.st_mode))
        return mount_bind(STAGE_SKEL "/nothing", at, MOUNT_RO, err);
    return 0;
}

int sandbox_block_programs(const struct strv *programs, struct err *err)
{
    static const char nothing[] = STAGE_SKEL "/no-program";

    if (programs->count && mkfifo(nothing, 0) < 0)
        return err_errno(err, errno, "cannot make a cover for programs");
    for (size_t i = 0; i < programs->count; i++) {
        auto_free char *at = xasprintf(STAGE_NEW "%s", programs->items[i]);
        struct stat st;
        if (lstat(at, &st) < 0 || !S_ISREG(st.st_mode))
            continue;
        int ret = mount_bind(nothing, at, MOUNT_RO, err);
        if (ret < 0)
            return ret;
    }
    return 0;
}

int sandbox_hide_all(const struct strv *more, struct sandbox_covers *covers, struct err *err)
{
    int ret = write_file(STAGE_SKEL "/nothing", "", 0, 0444, err);

    for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(hidden); i++)
        ret = sandbox_hide(hidden[i], covers, err);
    for (size_t i = 0; ret == 0 && i < more->count; i++)
        ret = sandbox_hide(more->items[i], covers, err);
    return ret;
}
