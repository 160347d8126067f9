/* Stands in front of open(2) and its kin for some files. */
#include "preload/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/chance.h"
#include "preload/export.h"
#include "preload/real.h"
#include "preload/world.h"

static bool write_chance(int fd)
{
    char some[4096];

    for (size_t done = 0; done < DEVICE_BYTES; done += sizeof(some)) {
        chance_fill(some, sizeof(some));
        if (write(fd, some, sizeof(some)) != (ssize_t)sizeof(some))
            return false;
    }
    return true;
}

static bool write_uuid(int fd)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[16];
    char text[38], *at = text;

    chance_fill(bytes, sizeof(bytes));
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x40); /* version 4, variant 1 */
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 15];
    }
    *at++ = '\n';
    return write(fd, text, (size_t)(at - text)) == at - text;
}

int device_open(const char *path, int flags)
{
    bool (*fill)(int fd) = NULL;

    if (!world_get()->chance || !path || path[0] != '/' || (flags & O_ACCMODE) != O_RDONLY)
        return -1;
    if (strcmp(path, "/dev/urandom") == 0 || strcmp(path, "/dev/random") == 0)
        fill = write_chance;
    else if (strcmp(path, "/proc/sys/kernel/random/uuid") == 0)
        fill = write_uuid;
    if (!fill)
        return -1;
    int fd =
        (int)syscall(SYS_memfd_create, "truewheel-chance", flags & O_CLOEXEC ? MFD_CLOEXEC : 0);
    if (fd < 0)
        return -1;
    if (fill(fd) && lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

/* ------------------------------------------------------------------------------------- opening */

static bool has_mode(int flags)
{
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

#define MODE_OF(flags_)                                                                            \
    ({                                                                                             \
        mode_t mode_ = 0;                                                                          \
        if (has_mode(flags_)) {                                                                    \
            va_list rest_;                                                                         \
            va_start(rest_, flags_);                                                               \
            mode_ = va_arg(rest_, mode_t);                                                         \
            va_end(rest_);                                                                         \
        }                                                                                          \
        mode_;                                                                                     \
    })

#define OPENS(name_)                                                                               \
    EXPORT int name_(const char *path, int flags, ...)                                             \
    {                                                                                              \
        __typeof__(&(name_)) real = REAL(name_);                                                   \
        mode_t mode = MODE_OF(flags);                                                              \
        int fd = device_open(path, flags);                                                         \
        return fd >= 0 || !real ? fd : real(path, flags, mode);                                    \
    }

#define OPENS_AT(name_)                                                                            \
    EXPORT int name_(int dir, const char *path, int flags, ...)                                    \
    {                                                                                              \
        __typeof__(&(name_)) real = REAL(name_);                                                   \
        mode_t mode = MODE_OF(flags);                                                              \
        int fd = device_open(path, flags);                                                         \
        return fd >= 0 || !real ? fd : real(dir, path, flags, mode);                               \
    }

#define OPENS_STREAM(name_)                                                                        \
    EXPORT FILE *name_(const char *restrict path, const char *restrict mode)                       \
    {                                                                                              \
        __typeof__(&(name_)) real = REAL(name_);                                                   \
        bool reads = mode[0] == 'r' && !strchr(mode, '+');                                         \
        int fd = device_open(path,                                                                 \
                             (reads ? O_RDONLY : O_WRONLY) | (strchr(mode, 'e') ? O_CLOEXEC : 0)); \
        return fd >= 0 ? fdopen(fd, "r") : real ? real(path, mode) : NULL;                         \
    }

OPENS(open)
OPENS_AT(openat)
OPENS_STREAM(fopen)

/* Names of their own in binaries that want large files; in musl macros for the former. */
#ifdef __GLIBC__
OPENS(open64)
OPENS_AT(openat64)
OPENS_STREAM(fopen64)

/* What _FORTIFY_SOURCE makes of calls without a mode. */
EXPORT int __open_2(const char *path, int flags);
EXPORT int __open64_2(const char *path, int flags);
EXPORT int __openat_2(int dir, const char *path, int flags);
EXPORT int __openat64_2(int dir, const char *path, int flags);

int __open_2(const char *path, int flags)
{
    return open(path, flags);
}

int __open64_2(const char *path, int flags)
{
    return open64(path, flags);
}

int __openat_2(int dir, const char *path, int flags)
{
    return openat(dir, path, flags);
}

int __openat64_2(int dir, const char *path, int flags)
{
    return openat64(dir, path, flags);
}
#endif
