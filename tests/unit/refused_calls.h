/*
 * Attempts at every system call that builds are refused (sandbox/calls.h), with arguments that do no
 * harm where the call is not refused. Header only; for the filter alone and for every kind of sandbox.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/util.h"

/* What a kernel without the filter says: OTHER than the filter does, or perhaps the SAME. */
enum without { WITHOUT_OTHER, WITHOUT_SAME };

struct attempt {
    const char *name;
    int refusal; /* the errno of the filter */
    enum without as_root, as_user;
    long number;
    long args[5];
};

#define CALL(name_, refusal_, root_, user_, ...)                                                   \
    {                                                                                              \
#name_, refusal_, WITHOUT_##root_, WITHOUT_##user_, SYS_##name_, __VA_ARGS__               \
    }
#define TEXT(text_) ((long)(uintptr_t)(text_))

/* The privileged ones say EPERM to users, as the filter does: only root's attempts tell them apart. */
static const struct attempt attempts[] = {
    CALL(add_key, ENOSYS, OTHER, OTHER, {TEXT("user"), TEXT("truewheel"), TEXT("x"), 1, -2}),
    CALL(keyctl, ENOSYS, OTHER, OTHER, {0, -2, 1}),
    CALL(request_key, ENOSYS, OTHER, OTHER, {TEXT("user"), TEXT("truewheel-none"), 0, 0}),
    CALL(bpf, ENOSYS, OTHER, OTHER, {9999}),
    CALL(io_uring_setup, ENOSYS, OTHER, OTHER, {0}),
    CALL(io_uring_enter, ENOSYS, OTHER, OTHER, {-1}),
    CALL(io_uring_register, ENOSYS, OTHER, OTHER, {-1}),
    CALL(perf_event_open, ENOSYS, OTHER, OTHER, {0}),
    CALL(userfaultfd, ENOSYS, OTHER, OTHER, {-1}),
    CALL(clone3, ENOSYS, OTHER, OTHER, {0}),
    CALL(chroot, EPERM, OTHER, OTHER, {TEXT("")}),
    CALL(fsconfig, EPERM, OTHER, OTHER, {-1}),
    CALL(fsmount, EPERM, OTHER, SAME, {-1}),
    CALL(fsopen, EPERM, OTHER, SAME, {TEXT("none"), -1}),
    CALL(fspick, EPERM, OTHER, SAME, {-1, TEXT(""), -1}),
    CALL(mount, EPERM, OTHER, OTHER, {1, 1, 1}),
    CALL(mount_setattr, EPERM, OTHER, OTHER, {-1}),
    CALL(move_mount, EPERM, OTHER, SAME, {-1, TEXT(""), -1, TEXT("")}),
    CALL(open_tree, EPERM, OTHER, OTHER, {-1, TEXT(""), -1}),
    CALL(pivot_root, EPERM, OTHER, SAME, {TEXT(""), TEXT("")}),
    CALL(setns, EPERM, OTHER, OTHER, {-1}),
    CALL(umount2, EPERM, OTHER, SAME, {TEXT("")}),
    CALL(acct, EPERM, OTHER, SAME, {TEXT("")}),
    CALL(clock_settime, EPERM, OTHER, OTHER, {9999}),
    CALL(delete_module, EPERM, SAME, SAME, {TEXT("")}), /* EPERM where modules are switched off */
    CALL(fanotify_init, EPERM, OTHER, SAME, {-1}),
    CALL(finit_module, EPERM, SAME, SAME, {-1, TEXT("")}),
    CALL(init_module, EPERM, SAME, SAME, {0, 0, TEXT("")}),
    CALL(kexec_load, EPERM, SAME, SAME, {0, 0, 0, -1}), /* EPERM in a locked-down kernel */
#ifdef SYS_kexec_file_load
    CALL(kexec_file_load, EPERM, SAME, SAME, {-1, -1, 0, TEXT(""), -1}),
#endif
    CALL(migrate_pages, EPERM, OTHER, OTHER, {INT32_MAX}),
    CALL(move_pages, EPERM, OTHER, OTHER, {0}),
    CALL(open_by_handle_at, EPERM, OTHER, SAME, {-1}),
    CALL(quotactl, EPERM, OTHER, OTHER, {0}),
    CALL(quotactl_fd, EPERM, OTHER, OTHER, {-1}),
    CALL(reboot, EPERM, OTHER, SAME, {0}), /* without the magic numbers: EINVAL */
    CALL(setdomainname, EPERM, OTHER, SAME, {0, -1}),
    CALL(sethostname, EPERM, OTHER, SAME, {0, -1}),
    CALL(settimeofday, EPERM, OTHER, OTHER, {1}),
    CALL(swapoff, EPERM, OTHER, SAME, {TEXT("")}),
    CALL(swapon, EPERM, OTHER, OTHER, {TEXT(""), -1}),
    CALL(syslog, EPERM, OTHER, SAME, {-1}),
#ifdef SYS_iopl
    CALL(create_module, EPERM, OTHER, OTHER, {0}),
    CALL(ioperm, EPERM, OTHER, OTHER, {-1, -1}),
    CALL(iopl, EPERM, OTHER, OTHER, {9}),
    CALL(lookup_dcookie, EPERM, OTHER, SAME, {0}),
    CALL(nfsservctl, EPERM, OTHER, OTHER, {0}),
    CALL(sysfs, ENOSYS, OTHER, OTHER, {3}),
    CALL(ustat, ENOSYS, OTHER, OTHER, {0}),
    CALL(_sysctl, ENOSYS, SAME, SAME, {0}), /* gone since 5.5 */
    CALL(uselib, ENOSYS, SAME, SAME, {TEXT("")}),
#endif
    {"TIOCSTI", EPERM, WITHOUT_OTHER, WITHOUT_OTHER, SYS_ioctl, {-1, TIOCSTI}},
    {"TIOCLINUX", EPERM, WITHOUT_OTHER, WITHOUT_OTHER, SYS_ioctl, {-1, TIOCLINUX}},
    {"TIOCSTI with more bits",
     EPERM,
     WITHOUT_OTHER,
     WITHOUT_OTHER,
     SYS_ioctl,
     {-1, TIOCSTI | 1L << 32}},
    {"unshare user", EPERM, WITHOUT_OTHER, WITHOUT_OTHER, SYS_unshare, {CLONE_NEWUSER}},
    {"unshare more", EPERM, WITHOUT_OTHER, WITHOUT_OTHER, SYS_unshare, {CLONE_NEWUSER | CLONE_FS}},
    {"unshare mnt", EPERM, WITHOUT_OTHER, WITHOUT_SAME, SYS_unshare, {CLONE_NEWNS}},
    {"unshare pid", EPERM, WITHOUT_OTHER, WITHOUT_SAME, SYS_unshare, {CLONE_NEWPID}},
    {"unshare net", EPERM, WITHOUT_OTHER, WITHOUT_SAME, SYS_unshare, {CLONE_NEWNET}},
    {"unshare ipc", EPERM, WITHOUT_OTHER, WITHOUT_SAME, SYS_unshare, {CLONE_NEWIPC}},
    {"unshare uts", EPERM, WITHOUT_OTHER, WITHOUT_SAME, SYS_unshare, {CLONE_NEWUTS}},
    {"unshare cgroup", EPERM, WITHOUT_OTHER, WITHOUT_SAME, SYS_unshare, {0x02000000}},
    {"unshare time", EPERM, WITHOUT_OTHER, WITHOUT_SAME, SYS_unshare, {0x00000080}},
    {"clone user", EPERM, WITHOUT_OTHER, WITHOUT_OTHER, SYS_clone, {CLONE_NEWUSER | SIGCHLD}},
    {"clone mnt", EPERM, WITHOUT_OTHER, WITHOUT_SAME, SYS_clone, {CLONE_NEWNS | SIGCHLD}},
    {"clone pid", EPERM, WITHOUT_OTHER, WITHOUT_SAME, SYS_clone, {CLONE_NEWPID | SIGCHLD}},
    {"clone net", EPERM, WITHOUT_OTHER, WITHOUT_SAME, SYS_clone, {CLONE_NEWNET | SIGCHLD}},
};

/* Families of which a kernel that has them makes sockets for everybody (some) or for root. */
static const struct family {
    const char *name;
    int family, type;
} odd_families[] = {
    {"AF_AX25", 3, SOCK_DGRAM},    {"AF_APPLETALK", 5, SOCK_DGRAM}, {"AF_KEY", 15, SOCK_RAW},
    {"AF_PACKET", 17, SOCK_RAW},   {"AF_RDS", 21, SOCK_SEQPACKET},  {"AF_CAN", 29, SOCK_RAW},
    {"AF_TIPC", 30, SOCK_RDM},     {"AF_BLUETOOTH", 31, SOCK_RAW},  {"AF_ALG", 38, SOCK_SEQPACKET},
    {"AF_VSOCK", 40, SOCK_STREAM}, {"AF_KCM", 41, SOCK_DGRAM},      {"AF_QIPCRTR", 42, SOCK_DGRAM},
    {"AF_SMC", 43, SOCK_STREAM},   {"AF_XDP", 44, SOCK_RAW},        {"AF_MCTP", 45, SOCK_DGRAM},
};

/* The errno of one attempt, in a child that it may change; 0: the call was made. */
static inline int try_in_child(int (*attempt)(const void *what), const void *what)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(attempt(what));
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline int make_call(const void *what)
{
    const struct attempt *a = what;
    long ret = syscall(a->number, a->args[0], a->args[1], a->args[2], a->args[3], a->args[4]);

    if (ret == 0 && a->number == SYS_clone) /* perhaps the new process */
        _exit(0);
    return ret < 0 ? errno : 0;
}

static inline int make_socket(const void *what)
{
    const struct family *f = what;

    return socket(f->family, f->type | SOCK_CLOEXEC, 0) < 0 ? errno : 0;
}

static inline int make_socket_pair(const void *what)
{
    const struct family *f = what;
    int fds[2];

    return socketpair(f->family, f->type | SOCK_CLOEXEC, 0, fds) < 0 ? errno : 0;
}

/* As a 32-bit program makes it, by which a filter for 64-bit calls alone would be passed by. */
static inline int make_socket_by_int80(const void *what)
{
#ifdef __x86_64__
    const struct family *f = what;
    int ret;

    __asm__ volatile("int $0x80"
                     : "=a"(ret)
                     : "a"(359), "b"(f->family), "c"(f->type), "d"(0)
                     : "memory", "r8", "r9", "r10", "r11");
    return ret < 0 ? -ret : 0;
#else
    (void)what;
    return EAFNOSUPPORT;
#endif
}

/* The multiplexed call, whose arguments lie in memory that no filter sees. */
static inline int make_socket_by_socketcall(const void *what)
{
#ifdef __x86_64__
    const struct family *f = what;
    uint32_t *args =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    int ret;

    if (args == MAP_FAILED)
        return -1;
    args[0] = (uint32_t)f->family;
    args[1] = (uint32_t)f->type;
    args[2] = 0;
    __asm__ volatile("int $0x80"
                     : "=a"(ret)
                     : "a"(102), "b"(1), "c"(args)
                     : "memory", "r8", "r9", "r10", "r11");
    return ret < 0 ? -ret : 0;
#else
    (void)what;
    return EAFNOSUPPORT;
#endif
}
