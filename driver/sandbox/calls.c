/* The seccomp filter of a build: tables of what is refused, and what makes a filter of them. */
#include "sandbox/calls.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/guard.h"

#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

static const struct {
    int errno_value;
    const char *name;
} refused[] = {
    /* Keys of the user's session (Kerberos, encrypted disks): no namespace holds them. */
    {ENOSYS, "add_key"},
    {ENOSYS, "keyctl"},
    {ENOSYS, "request_key"},
    /* Large, young interfaces of the kernel that programs can do without. */
    {ENOSYS, "bpf"},
    {ENOSYS, "io_uring_enter"},
    {ENOSYS, "io_uring_register"},
    {ENOSYS, "io_uring_setup"},
    {ENOSYS, "perf_event_open"},
    {ENOSYS, "userfaultfd"},
    /* Its flags lie where a filter cannot see them: the C library uses clone instead. */
    {ENOSYS, "clone3"},
    /* Mounts and roots: those of the sandbox are made, and no build has a say in them. */
    {EPERM, "chroot"},
    {EPERM, "fsconfig"},
    {EPERM, "fsmount"},
    {EPERM, "fsopen"},
    {EPERM, "fspick"},
    {EPERM, "mount"},
    {EPERM, "mount_setattr"},
    {EPERM, "move_mount"},
    {EPERM, "open_tree"},
    {EPERM, "open_tree_attr"},
    {EPERM, "pivot_root"},
    {EPERM, "setns"},
    {EPERM, "umount"},
    {EPERM, "umount2"},
    /* The machine's own state: modules, kernels, clocks, disks, quotas, its log, its memory layout. */
    {EPERM, "acct"},
    {EPERM, "clock_settime"},
    {EPERM, "clock_settime64"},
    {EPERM, "create_module"},
    {EPERM, "delete_module"},
    {EPERM, "fanotify_init"},
    {EPERM, "finit_module"},
    {EPERM, "init_module"},
    {EPERM, "ioperm"},
    {EPERM, "iopl"},
    {EPERM, "kexec_file_load"},
    {EPERM, "kexec_load"},
    {EPERM, "lookup_dcookie"},
    {EPERM, "migrate_pages"},
    {EPERM, "move_pages"},
    {EPERM, "nfsservctl"},
    {EPERM, "open_by_handle_at"},
    {EPERM, "quotactl"},
    {EPERM, "quotactl_fd"},
    {EPERM, "reboot"},
    {EPERM, "setdomainname"},
    {EPERM, "sethostname"},
    {EPERM, "settimeofday"},
    {EPERM, "stime"},
    {EPERM, "swapoff"},
    {EPERM, "swapon"},
    {EPERM, "syslog"},
    {EPERM, "vhangup"},
    /* Calls that only very old programs know. */
    {ENOSYS, "_sysctl"},
    {ENOSYS, "sysfs"},
    {ENOSYS, "uselib"},
    {ENOSYS, "ustat"},
    {ENOSYS, "vm86"},
    {ENOSYS, "vm86old"},
};

/* Namespaces would give a build capabilities in them, and with these most of the kernel to attack. */
static const unsigned long namespaces[] = {CLONE_NEWUSER,  CLONE_NEWNS,  CLONE_NEWPID,
                                           CLONE_NEWNET,   CLONE_NEWIPC, CLONE_NEWUTS,
                                           CLONE_NEWCGROUP};

/* Of other families (AF_VSOCK, AF_ALG, …) some lead out of any network namespace. In ascending order. */
static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

bool sandbox_can_refuse_calls(void)
{
    unsigned action = SECCOMP_RET_ERRNO;

    return !guard_is_off("calls") &&
           syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static bool is_known(const char *name, int *ret_call)
{
    *ret_call = seccomp_syscall_resolve_name(name);
    return *ret_call != __NR_SCMP_ERROR;
}

static int refuse_by_name(scmp_filter_ctx filter)
{
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(refused); i++) {
        uint32_t action = SCMP_ACT_ERRNO((uint32_t)refused[i].errno_value);
        int call;
        if (is_known(refused[i].name, &call))
            ret = seccomp_rule_add(filter, action, call, 0);
    }
    return ret;
}

static int refuse_namespaces(scmp_filter_ctx filter)
{
#ifdef __s390__
    enum { FLAGS_OF_CLONE = 1 };
#else
    enum { FLAGS_OF_CLONE = 0 };
#endif
    uint32_t action = SCMP_ACT_ERRNO(EPERM);
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(namespaces); i++) {
        unsigned long flag = namespaces[i];
        ret = seccomp_rule_add(filter, action, SCMP_SYS(clone), 1,
                               SCMP_CMP(FLAGS_OF_CLONE, SCMP_CMP_MASKED_EQ, flag, flag));
        if (ret == 0)
            ret = seccomp_rule_add(filter, action, SCMP_SYS(unshare), 1,
                                   SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag));
    }
    if (ret < 0) /* for clone the same bit is part of a signal's number */
        return ret;
    return seccomp_rule_add(filter, action, SCMP_SYS(unshare), 1,
                            SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWTIME, CLONE_NEWTIME));
}

/*
 * Where 32-bit programs make sockets by socketcall(2), which hides the family from a filter, libseccomp
 * refuses all of them.
 */
static int refuse_families(scmp_filter_ctx filter, int call)
{
    uint32_t action = SCMP_ACT_ERRNO(EAFNOSUPPORT);
    size_t next = 0;
    int ret = 0, last = families[ARRAY_SIZE(families) - 1];

    for (int family = 1; ret == 0 && family < last; family++) {
        if (family == families[next])
            next++;
        else
            ret = seccomp_rule_add(filter, action, call, 1,
                                   SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)family));
    }
    if (ret < 0)
        return ret;
    return seccomp_rule_add(filter, action, call, 1, SCMP_A0(SCMP_CMP_GT, (scmp_datum_t)last));
}

/* What would put characters into the input of a terminal, should a build ever have one. */
static int refuse_terminal_input(scmp_filter_ctx filter)
{
    static const scmp_datum_t requests[] = {TIOCSTI, TIOCLINUX};
    int ret = 0;

    for (size_t i = 0; ret == 0 && i < ARRAY_SIZE(requests); i++)
        ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(ioctl), 1,
                               SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, requests[i]));
    return ret;
}

/* A 64-bit process can make 32-bit calls as well: they need rules of their own. */
static int add_architectures(scmp_filter_ctx filter)
{
    int ret = 0;

#if defined(__x86_64__)
    ret = seccomp_arch_add(filter, SCMP_ARCH_X86);
#elif defined(__aarch64__)
    ret = seccomp_arch_add(filter, SCMP_ARCH_ARM);
#endif
    return ret < 0 ? ret
                   : seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
}

static int add_rules(scmp_filter_ctx filter)
{
    int ret;

    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* since 2.5; only faster */
    if ((ret = add_architectures(filter)) < 0 || (ret = refuse_by_name(filter)) < 0 ||
        (ret = refuse_namespaces(filter)) < 0 ||
        (ret = refuse_families(filter, SCMP_SYS(socket))) < 0 ||
        (ret = refuse_families(filter, SCMP_SYS(socketpair))) < 0)
        return ret;
    return refuse_terminal_input(filter);
}

int sandbox_refuse_calls(struct err *err)
{
    if (!sandbox_can_refuse_calls())
        return 0;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter)
        return err_errno(err, ENOMEM, "cannot make a filter for system calls");
    int ret = add_rules(filter);
    if (ret == 0)
        ret = seccomp_load(filter);
    seccomp_release(filter);
    return ret < 0 ? err_errno(err, ret, "cannot refuse system calls") : 0;
}
