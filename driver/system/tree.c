/* Ends process trees: finds, signals, waits for and reaps the children of this process. */
#include "system/tree.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/num.h"
#include "base/str.h"
#include "base/vec.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

struct pids {
    pid_t *items;
    size_t count;
    size_t cap;
};

int tree_become_subreaper(struct err *err)
{
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
        return err_errno(err, errno, "cannot become a subreaper");
    return 0;
}

static void add_pids(struct pids *pids, const char *text)
{
    auto_strv struct strv words = STRV_INIT;

    strv_split(&words, text, " \n");
    for (size_t i = 0; i < words.count; i++) {
        int pid;
        if (!parse_int(words.items[i], 1, INT32_MAX, &pid))
            continue;
        VEC_GROW(pids);
        pids->items[pids->count++] = pid;
    }
}

static bool is_number(const char *name)
{
    return name[0] >= '0' && name[0] <= '9';
}

/* /proc/self/task/<tid>/children lists the children of one thread (CONFIG_PROC_CHILDREN). */
static bool add_children_of_tasks(struct pids *pids)
{
    DIR *dir = opendir("/proc/self/task");
    bool known = dir != NULL;

    for (struct dirent *entry; known && (entry = readdir(dir));) {
        if (!is_number(entry->d_name))
            continue;
        auto_free char *path = xasprintf("/proc/self/task/%s/children", entry->d_name);
        auto_str struct str text = STR_INIT;
        known = read_file(path, 1 << 24, &text, NULL) == 0;
        add_pids(pids, text.buf);
    }
    if (dir)
        (void)closedir(dir);
    return known;
}

/*
 * The parent, from /proc/<pid>/stat after the name (which may have any bytes); 0 when it is gone.
 */
static pid_t parent_of(const char *pid)
{
    auto_free char *path = xasprintf("/proc/%s/stat", pid);
    auto_str struct str text = STR_INIT;
    int parent = 0;

    if (read_file(path, 1 << 16, &text, NULL) < 0)
        return 0;
    const char *name_end = strrchr(text.buf, ')');
    if (!name_end || sscanf(name_end, ") %*c %d", &parent) != 1)
        return 0;
    return parent;
}

static void add_children_by_search(struct pids *pids)
{
    DIR *dir = opendir("/proc");
    pid_t self = getpid();

    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (is_number(entry->d_name) && parent_of(entry->d_name) == self)
            add_pids(pids, entry->d_name);
    if (dir)
        (void)closedir(dir);
}

size_t tree_children(pid_t **ret_pids)
{
    struct pids pids = {0};

    if (!add_children_of_tasks(&pids)) {
        pids.count = 0;
        add_children_by_search(&pids);
    }
    *ret_pids = pids.items;
    return pids.count;
}

void tree_reap(void (*ended)(pid_t pid, int status, void *arg), void *arg)
{
    int status;

    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0;)
        if (ended)
            ended(pid, status, arg);
}

void tree_end(void (*ended)(pid_t pid, int status, void *arg), void *arg)
{
    for (;;) {
        auto_free pid_t *pids = NULL;
        size_t count = tree_children(&pids);
        int status;
        /* A child keeps its number until it is reaped, so this cannot hit another process. */
        for (size_t i = 0; i < count; i++)
            (void)kill(pids[i], SIGKILL);
        /* The list may miss a child that came while it was read: list again instead of waiting. */
        pid_t pid = retry_eintr(waitpid(-1, &status, count ? __WALL : __WALL | WNOHANG));
        if (pid < 0)
            return; /* ECHILD: nobody is left */
        if (pid > 0 && ended)
            ended(pid, status, arg);
        tree_reap(ended, arg);
    }
}

void tree_stop(int64_t deadline_ms)
{
    auto_free pid_t *pids = NULL;
    size_t count = tree_children(&pids);
    int status;

    for (size_t i = 0; i < count; i++)
        (void)kill(pids[i], SIGTERM);
    for (size_t i = 0; i < count; i++) {
        auto_close int pidfd =
            tree_pidfd(pids[i]); /* not reaped yet: the number is still its own */
        if (pidfd >= 0)
            (void)tree_wait(pidfd, deadline_ms, &status);
    }
    tree_end(NULL, NULL);
}

int tree_pidfd(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    return fd < 0 ? -errno : fd; /* pidfds are born CLOEXEC */
}

int tree_signal(int pidfd, int signal_number)
{
    return syscall(SYS_pidfd_send_signal, pidfd, signal_number, NULL, 0) < 0 ? -errno : 0;
}

static int wait_status(const siginfo_t *info)
{
    if (info->si_code == CLD_EXITED)
        return (info->si_status & 0xff) << 8;
    return info->si_status | (info->si_code == CLD_DUMPED ? 0x80 : 0);
}

int tree_wait(int pidfd, int64_t deadline_ms, int *ret_status)
{
    struct pollfd poll_fd = {.fd = pidfd, .events = POLLIN};
    siginfo_t info = {0};

    for (;;) {
        int left = deadline_poll_ms(deadline_ms);
        int n = retry_eintr(poll(&poll_fd, 1, left));
        if (n < 0)
            return -errno;
        if (n > 0)
            break;
        if (left == 0)
            return -ETIMEDOUT;
    }
    if (retry_eintr(waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL)) < 0)
        return -errno;
    *ret_status = wait_status(&info);
    return 0;
}
