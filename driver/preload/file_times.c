/* Stands in front of stat(2) and its kin. */
#include "preload/file_times.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/export.h"
#include "preload/world.h"

/*
 * 2^-9 of the time since the start for the first 16 seconds, half as much for the next 16, half of
 * that for the next 32, and so on. Each step takes 1/32 s, so six days fit into half a second.
 */
static int64_t squeeze(int64_t ns)
{
    int64_t start = 0, end = 16 * NS_PER_S, sum = 0;

    for (int step = 0; step < 15; step++) {
        if (ns < end)
            return sum + ((ns - start) >> (9 + step));
        sum += NS_PER_S / 32;
        start = end;
        end += start;
    }
    return sum;
}

int64_t file_time_shown(int64_t ns)
{
    const int64_t SPAN_S = INT64_C(1) << 32; /* what the range has room for: 136 years */
    const struct world *world = world_get();
    int64_t base = world->base_ns, free = base - world->range_ns;

    if (ns >= world->start_ns)
        return base + squeeze(ns - world->start_ns);
    /* The second case: it was shown before, and this is a copy that keeps the time. */
    if (ns <= free || (ns >= base && ns <= base + 2 * NS_PER_S))
        return ns;
    int64_t shown = free + (ns - free) / (SPAN_S / (world->range_ns / NS_PER_S));
    return shown < base ? shown : base;
}

/* Those that put times into a file, and have no use for an order below the second. */
static bool writes_archives(void)
{
    static const char *const programs[] = {"tar", "gtar", "bsdtar", "zip", "cpio", "pax", "7z"};

    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
        if (strcmp(program_invocation_short_name, programs[i]) == 0)
            return true;
    return false;
}

/*
 * Byte code is valid as long as its source has the time that it had. Those of the interpreter are
 * out of date where they seem to be: each start of it would compile them all.
 */
static bool is_python_of_system(const char *path, int64_t real)
{
    const struct world *world = world_get();
    size_t len = strlen(path), job = strlen(world->dir) - strlen(GUEST_DIR);

    return path[0] == '/' && len > 3 && strcmp(path + len - 3, ".py") == 0 &&
           strncmp(path, world->dir, job) != 0 && real < world->start_ns;
}

static int64_t modification(const char *path, int64_t seconds, int64_t ns)
{
    int64_t real = seconds * NS_PER_S + ns, shown = file_time_shown(real);

    if (shown == real || is_python_of_system(path, real))
        return real;
    return writes_archives() ? shown / NS_PER_S * NS_PER_S : shown;
}

static int64_t other(int64_t seconds, int64_t ns)
{
    int64_t real = seconds * NS_PER_S + ns;

    return file_time_shown(real) == real ? real : world_get()->base_ns;
}

/* ---------------------------------------------------------------------------------------- statx */

#define SET_STATX(time_, ns_)                                                                      \
    do {                                                                                           \
        int64_t shown_ = (ns_);                                                                    \
        (time_).tv_sec = shown_ / NS_PER_S;                                                        \
        (time_).tv_nsec = (uint32_t)(shown_ % NS_PER_S);                                           \
    } while (0)

#if defined(SYS_statx) && defined(STATX_BASIC_STATS)
EXPORT int statx(int dir, const char *restrict path, int flags, unsigned int mask,
                 struct statx *restrict ret)
{
    int result = (int)syscall(SYS_statx, dir, path, flags, mask, ret);

    if (result == 0 && world_get()->files) {
        SET_STATX(ret->stx_mtime,
                  modification(path, ret->stx_mtime.tv_sec, ret->stx_mtime.tv_nsec));
        SET_STATX(ret->stx_atime, other(ret->stx_atime.tv_sec, ret->stx_atime.tv_nsec));
        SET_STATX(ret->stx_ctime, other(ret->stx_ctime.tv_sec, ret->stx_ctime.tv_nsec));
        SET_STATX(ret->stx_btime, other(ret->stx_btime.tv_sec, ret->stx_btime.tv_nsec));
    }
    return result;
}
#endif

/* ----------------------------------------------------------------------------------------- stat */

#if defined(__LP64__) && defined(SYS_newfstatat) &&                                                \
    (defined(__x86_64__) || defined(__aarch64__) || defined(__riscv) || defined(__powerpc64__) ||  \
     defined(__s390x__))

static struct timespec timespec_of(int64_t ns)
{
    return (struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
}

static int look_at(int dir, const char *path, struct stat *ret, int flags)
{
    int result = (int)syscall(SYS_newfstatat, dir, path, ret, flags);

    if (result == 0 && world_get()->files) {
        ret->st_mtim = timespec_of(modification(path, ret->st_mtim.tv_sec, ret->st_mtim.tv_nsec));
        ret->st_atim = timespec_of(other(ret->st_atim.tv_sec, ret->st_atim.tv_nsec));
        ret->st_ctim = timespec_of(other(ret->st_ctim.tv_sec, ret->st_ctim.tv_nsec));
    }
    return result;
}

/* `struct stat` and `struct stat64` are one on these machines. */
#define STATS(suffix_, type_)                                                                      \
    EXPORT int fstatat##suffix_(int dir, const char *restrict path, type_ *restrict ret,           \
                                int flags)                                                         \
    {                                                                                              \
        return look_at(dir, path, (struct stat *)ret, flags);                                      \
    }                                                                                              \
    EXPORT int stat##suffix_(const char *restrict path, type_ *restrict ret)                       \
    {                                                                                              \
        return look_at(AT_FDCWD, path, (struct stat *)ret, 0);                                     \
    }                                                                                              \
    EXPORT int lstat##suffix_(const char *restrict path, type_ *restrict ret)                      \
    {                                                                                              \
        return look_at(AT_FDCWD, path, (struct stat *)ret, AT_SYMLINK_NOFOLLOW);                   \
    }                                                                                              \
    EXPORT int fstat##suffix_(int fd, type_ *ret)                                                  \
    {                                                                                              \
        return look_at(fd, "", (struct stat *)ret, AT_EMPTY_PATH);                                 \
    }

/* Before glibc 2.33 the functions had these names; `version` is that of the struct. */
#define OLD_STATS(suffix_, type_)                                                                  \
    EXPORT int __fxstatat##suffix_(int version, int dir, const char *path, type_ *ret, int flags); \
    EXPORT int __xstat##suffix_(int version, const char *path, type_ *ret);                        \
    EXPORT int __lxstat##suffix_(int version, const char *path, type_ *ret);                       \
    EXPORT int __fxstat##suffix_(int version, int fd, type_ *ret);                                 \
    int __fxstatat##suffix_(int version, int dir, const char *path, type_ *ret, int flags)         \
    {                                                                                              \
        (void)version;                                                                             \
        return look_at(dir, path, (struct stat *)ret, flags);                                      \
    }                                                                                              \
    int __xstat##suffix_(int version, const char *path, type_ *ret)                                \
    {                                                                                              \
        (void)version;                                                                             \
        return look_at(AT_FDCWD, path, (struct stat *)ret, 0);                                     \
    }                                                                                              \
    int __lxstat##suffix_(int version, const char *path, type_ *ret)                               \
    {                                                                                              \
        (void)version;                                                                             \
        return look_at(AT_FDCWD, path, (struct stat *)ret, AT_SYMLINK_NOFOLLOW);                   \
    }                                                                                              \
    int __fxstat##suffix_(int version, int fd, type_ *ret)                                         \
    {                                                                                              \
        (void)version;                                                                             \
        return look_at(fd, "", (struct stat *)ret, AT_EMPTY_PATH);                                 \
    }

STATS(, struct stat)
OLD_STATS(, struct stat)
#ifdef __GLIBC__
STATS(64, struct stat64)
OLD_STATS(64, struct stat64)
#endif
#endif
