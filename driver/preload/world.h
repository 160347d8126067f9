/*
 * libtruewheel-guest.so: preloaded into every program of a build, it answers for the wall clock,
 * the times of files and random numbers, so that two builds get the same answers
 * (docs/REPRODUCIBILITY.md).
 *
 *     world.c       what is settled in this build, read once when the library is loaded
 *     real.c        what would answer without us
 *     clock.c       the clock;  waits.c  what waits by it
 *     file_times.c  times of files, which agree with the clock
 *     chance.c      random numbers;  devices.c  the files that give some
 *     load.c        the load of the machine
 *
 * It is a guest in programs that nobody here knows: it needs only functions that glibc and musl
 * both have, allocates nothing, starts no thread, writes to no descriptor of the program's, and
 * where it cannot answer, libc or the kernel does. The library trusts nothing and guards nothing: a
 * program that wants the real clock asks the kernel.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define GUEST_LIBRARY "libtruewheel-guest.so"
#define GUEST_DIR "guest" /* in the job directory */

enum { GUEST_DIR_MAX = 3072 };

#define NS_PER_S INT64_C(1000000000)

/* All false: the library does nothing. Times are nanoseconds since 1970. */
struct world {
    bool clock;      /* the clock is settled */
    bool files;      /* the times of files are */
    bool chance;     /* random numbers are */
    bool noted;      /* what is not settled is noted (notes.h) */
    int64_t base_ns; /* what the clock starts with */
    int64_t
        range_ns; /* before it: where the times of files are shown that are later (file_times.h) */
    int64_t patience_ns;     /* how long a process may look again and again (clock.h) */
    int64_t start_ns;        /* when the build began, by the kernel's clock */
    char dir[GUEST_DIR_MAX]; /* the guest directory of the job, which has this library in it */
};

/* Of this process. Never NULL; constant once the library is loaded. */
const struct world *world_get(void);

/* Opens a file of the guest directory, O_CLOEXEC; -1 as open(2). */
int world_open(const char *name, int flags);
