/*
 * Enters the namespaces and chooses the users. The payload is always uid 1000 inside; there are two
 * ways to get there:
 *
 * privileged (a real root with CAP_SYS_ADMIN): B makes all mounts with the rights of root, outside
 * any new user namespace, so that nothing inside can change them. Only C enters a user namespace,
 * in which 1000 is SANDBOX_HOST_UID. No file of the host belongs to that uid: a build cannot read
 * what only root or another user can read, even where the list of hidden paths (hide.c) is
 * incomplete.
 *
 * unprivileged: A makes a user namespace in which 1000 is the caller; all the rest happens in it.
 */
#include "sandbox/ids.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/io.h"
#include "base/str.h"
#include "system/private.h"

#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif

static bool has_capability(unsigned capability)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

    if (syscall(SYS_capget, &head, data) < 0)
        return false;
    return data[capability / 32].effective >> (capability % 32) & 1;
}

/* Whether this user namespace has the id: in a container it may have only a few. */
static bool is_mapped(const char *map, unsigned id)
{
    auto_str struct str text = STR_INIT;
    unsigned inside, outside, count;
    int len;

    if (read_file(map, 1 << 16, &text, NULL) < 0)
        return false;
    for (const char *p = text.buf; sscanf(p, "%u %u %u%n", &inside, &outside, &count, &len) == 3;
         p += len)
        if (id >= inside && id - inside < count)
            return true;
    return false;
}

/* The payload's uid and gid as it sees them: always the same, unless a test switches that off. */
static unsigned inside_id(unsigned caller)
{
    return guard_is_off("user") ? caller : SANDBOX_UID;
}

void sandbox_ids_choose(struct sandbox_ids *ret_ids)
{
    static const unsigned needed[] = {CAP_SYS_ADMIN, CAP_SETUID, CAP_SETGID, CAP_CHOWN,
                                      CAP_DAC_OVERRIDE};
    bool privileged = geteuid() == 0 && is_mapped("/proc/self/uid_map", SANDBOX_HOST_UID) &&
                      is_mapped("/proc/self/gid_map", SANDBOX_HOST_UID);

    for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
        privileged = privileged && has_capability(needed[i]);
    ret_ids->caller = geteuid();
    ret_ids->privileged = privileged;
    ret_ids->owner = privileged ? SANDBOX_HOST_UID : inside_id(ret_ids->caller);
}

static int write_proc(const char *path, const char *text, struct err *err)
{
    auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", path);
    if (write(fd, text, strlen(text)) < 0)
        return err_errno(err, errno, "cannot write '%s'", path);
    return 0;
}

static int map_self(uid_t uid, gid_t gid, struct err *err)
{
    auto_free char *uid_map = xasprintf("%u %u 1", inside_id(uid), uid);
    auto_free char *gid_map = xasprintf("%u %u 1", inside_id(gid), gid);
    int ret;

    /* Kernels before 3.19 have no setgroups file and need none. */
    ret = write_proc("/proc/self/setgroups", "deny", err);
    if (ret < 0 && ret != -ENOENT)
        return ret;
    if ((ret = write_proc("/proc/self/uid_map", uid_map, err)) < 0)
        return ret;
    return write_proc("/proc/self/gid_map", gid_map, err);
}

int sandbox_enter_outer(const struct sandbox_ids *ids, struct err *err)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();

    if (!ids->privileged) {
        if (unshare(CLONE_NEWUSER) < 0)
            return err_errno(err, errno, "cannot make a user namespace");
        private_pause(); /* nobody of the sandbox is alive yet */
        int ret = map_self(uid, gid, err);
        private_begin();
        if (ret < 0)
            return ret;
    }
    if (unshare(CLONE_NEWPID) < 0)
        return err_errno(err, errno, "cannot make a pid namespace");
    return 0;
}

static int enter(int flag, const char *name, struct err *err)
{
    if (unshare(flag) < 0)
        return err_errno(err, errno, "cannot make a %s namespace", name);
    return 0;
}

static int bring_loopback_up(struct err *err)
{
    auto_close int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};

    if (sock < 0)
        return err_errno(err, errno, "cannot make a socket");
    if (ioctl(sock, SIOCSIFFLAGS, &request) < 0)
        return err_errno(err, errno, "cannot set up the loopback interface");
    return 0;
}

int sandbox_enter_inner(bool network, struct err *err)
{
    int ret;

    /* One by one, so that an error names the namespace that is forbidden. */
    if ((ret = enter(CLONE_NEWNS, "mount", err)) < 0 ||
        (ret = enter(CLONE_NEWIPC, "ipc", err)) < 0 ||
        (ret = enter(CLONE_NEWUTS, "uts", err)) < 0 ||
        (!network && (ret = enter(CLONE_NEWNET, "network", err)) < 0))
        return ret;
    (void)unshare(CLONE_NEWCGROUP); /* hides the cgroup's path; a build works without */
    if (!guard_is_off("host") && (sethostname(SANDBOX_HOST_NAME, strlen(SANDBOX_HOST_NAME)) < 0 ||
                                  setdomainname("(none)", 6) < 0))
        return err_errno(err, errno, "cannot set the host name");
    return network ? 0 : bring_loopback_up(err);
}

int sandbox_leave_network(struct err *err)
{
    int ret = enter(CLONE_NEWNET, "network", err);

    return ret < 0 ? ret : bring_loopback_up(err);
}

int sandbox_map_child(pid_t child, struct err *err)
{
    static const char *const maps[] = {"uid_map", "gid_map"};
    auto_free char *map = xasprintf("%u %d 1", inside_id(0), SANDBOX_HOST_UID);

    for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
        auto_free char *path = xasprintf("/proc/%d/%s", child, maps[i]);
        int ret = write_proc(path, map, err);
        if (ret < 0)
            return ret;
    }
    return 0;
}

int sandbox_become_builder(struct err *err)
{
    unsigned id = inside_id(0); /* the caller is a real root */

    if (setgroups(0, NULL) < 0 || setresgid(id, id, id) < 0 || setresuid(id, id, id) < 0)
        return err_errno(err, errno, "cannot become the build user");
    return 0;
}

/* The limits hold for this user namespace, and only who has capabilities in it could lift them. */
int sandbox_forbid_nesting(int proc_sys, struct err *err)
{
    static const char *const kinds[] = {"user", "mnt", "pid",    "net",
                                        "ipc",  "uts", "cgroup", "time"};

    for (size_t i = 0; i < ARRAY_SIZE(kinds) && !guard_is_off("nesting"); i++) {
        auto_free char *name = xasprintf("user/max_%s_namespaces", kinds[i]);
        auto_close int fd = openat(proc_sys, name, O_WRONLY | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT)
            continue;
        if (fd < 0 || write(fd, "0", 1) < 0)
            return err_errno(err, errno, "cannot forbid nested namespaces");
    }
    return 0;
}

int sandbox_drop_capabilities(struct err *err)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

    for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; capability++)
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
            return err_errno(err, errno, "cannot drop a capability");
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* since Linux 4.3 */
    if (syscall(SYS_capset, &head, none) < 0)
        return err_errno(err, errno, "cannot drop the capabilities");
    return 0;
}
