/* Closes the descriptors that a process is not to have, and lists those that it was given. */
#include "system/fds.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/num.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* An entry as getdents64() returns it, the same on every architecture. */
struct listed {
    uint64_t inode;
    int64_t next;
    unsigned short size;
    unsigned char type;
    char name[];
};

static bool is_kept(int fd, const int *keep, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (keep[i] == fd)
            return true;
    return false;
}

/*
 * For kernels before 5.9, and for seccomp filters that do not know close_range(). getdents64()
 * instead of readdir(): opendir() allocates, which is not safe between fork and exec when there
 * were several threads.
 */
static int close_listed(unsigned first, unsigned last)
{
    _Alignas(struct listed) char buf[4096];
    auto_close int dir = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long len;
    int fd;

    if (dir < 0)
        return -errno;
    while ((len = syscall(SYS_getdents64, dir, buf, sizeof(buf))) > 0) {
        const struct listed *entry;
        for (long at = 0; at < len; at += entry->size) {
            entry = (const struct listed *)(buf + at);
            if (parse_int(entry->name, 0, INT32_MAX, &fd) && fd != dir && (unsigned)fd >= first &&
                (unsigned)fd <= last)
                (void)close(fd);
        }
    }
    return len < 0 ? -errno : 0;
}

int fds_close_between(unsigned first, unsigned last)
{
    if (syscall(SYS_close_range, first, last, 0) == 0)
        return 0;
    return close_listed(first, last);
}

static int close_between(unsigned first, unsigned last, struct err *err)
{
    int ret = fds_close_between(first, last);

    return ret < 0 ? err_errno(err, ret, "cannot list the descriptors") : 0;
}

int fds_close_except(const int *keep, size_t count, struct err *err)
{
    unsigned start = 0;
    int max = -1;
    int ret = 0;

    for (size_t i = 0; i < count; i++)
        max = keep[i] > max ? keep[i] : max;
    for (int fd = 0; ret == 0 && fd <= max; fd++) {
        if (!is_kept(fd, keep, count))
            continue;
        if ((unsigned)fd > start)
            ret = close_between(start, (unsigned)fd - 1, err);
        start = (unsigned)fd + 1;
    }
    return ret < 0 ? ret : close_between(start, ~0U, err);
}

static bool is_inherited(int fd)
{
    int flags = fcntl(fd, F_GETFD);
    struct stat st;

    return fd != STDOUT_FILENO && fd != STDERR_FILENO && flags >= 0 && !(flags & FD_CLOEXEC) &&
           fstat(fd, &st) == 0 && !S_ISSOCK(st.st_mode);
}

size_t fds_inherited(int *ret_fds, size_t max)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t count = 0;
    int fd;

    if (!dir)
        return 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (parse_int(entry->d_name, 0, INT32_MAX, &fd) && is_inherited(fd)) {
            if (count < max)
                ret_fds[count] = fd;
            count++;
        }
    (void)closedir(dir);
    return count;
}
