/*
 * A library to preload: the wall clock says 398 days, 7 hours and 11 minutes later. Monotonic clocks are left alone, and
 * so are the times of files: what measures durations or compares files goes on to work.
 *
 * A cargo that fetches crates has the real time, as servers' certificates would else be out of date: it is told by a
 * variable that truewheel lets into that phase alone.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

enum { SECONDS_LATER = 398 * 86400 + 7 * 3600 + 11 * 60 };

static int real_gettime(clockid_t clock, struct timespec *ret_time)
{
    static int (*real)(clockid_t, struct timespec *);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    return real(clock, ret_time);
}

static int is_fetching(void)
{
    return strcmp(program_invocation_short_name, "cargo") == 0 && getenv("CARGO_HTTP_USER_AGENT");
}

int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    int ret = real_gettime(clock, ret_time);
    if (ret == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) && !is_fetching())
        ret_time->tv_sec += SECONDS_LATER;
    return ret;
}

time_t time(time_t *ret_time)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (ret_time)
        *ret_time = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict ret_time, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    ret_time->tv_sec = now.tv_sec;
    ret_time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

int timespec_get(struct timespec *ret_time, int base)
{
    return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, ret_time) == 0 ? base : 0;
}
