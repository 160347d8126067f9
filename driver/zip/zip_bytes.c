/* Reads a range of a file in full, and refuses archives. */
#include "zip/zip_bytes.h"

#include <unistd.h>

int zip_refuse(struct err *err, const char *why)
{
    return err_set(err, ERR_FORMAT, "not a plain zip archive: %s", why);
}

int zip_read_at(int fd, void *buf, size_t len, uint64_t at, struct err *err)
{
    char *p = buf;

    while (len) {
        ssize_t n = retry_eintr(pread(fd, p, len, (off_t)at));
        if (n < 0)
            return err_errno(err, errno, "cannot read");
        if (n == 0)
            return zip_refuse(err, "it is cut off");
        p += n;
        len -= (size_t)n;
        at += (uint64_t)n;
    }
    return 0;
}
