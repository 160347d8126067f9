#include "system/fds.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/num.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

static bool is_kept(int fd, const int *keep, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (keep[i] == fd)
            return true;
    return false;
}

/* Kernels before 5.9, and sandboxes that do not know the call. */
static int close_one_by_one(unsigned first, unsigned last, struct err *err)
{
    DIR *dir = opendir("/proc/self/fd");
    int fd;

    if (!dir)
        return err_errno(err, errno, "cannot list the descriptors");
    for (struct dirent *entry; (entry = readdir(dir));)
        if (parse_int(entry->d_name, 0, INT32_MAX, &fd) && (unsigned)fd >= first &&
            (unsigned)fd <= last && fd != dirfd(dir))
            (void)close(fd);
    (void)closedir(dir);
    return 0;
}

static int close_between(unsigned first, unsigned last, struct err *err)
{
    if (syscall(SYS_close_range, first, last, 0) == 0)
        return 0;
    return close_one_by_one(first, last, err);
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
