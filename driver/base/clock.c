/* Monotonic time, and what is left of a deadline. */
#include "base/clock.h"

#include <limits.h>
#include <time.h>

int64_t clock_us(void)
{
    struct timespec ts;

    if (clock_gettime(CLOCK_MONOTONIC, &ts) < 0)
        BUG("no monotonic clock");
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_ms(void)
{
    return clock_us() / 1000;
}

int64_t timespec_ns(const struct timespec *ts)
{
    return (int64_t)ts->tv_sec * 1000000000 + ts->tv_nsec;
}

int64_t clock_real_ns(void)
{
    struct timespec ts;

    if (clock_gettime(CLOCK_REALTIME, &ts) < 0)
        BUG("no clock");
    return timespec_ns(&ts);
}

int deadline_poll_ms(int64_t deadline_ms)
{
    if (deadline_ms == DEADLINE_NEVER)
        return -1;
    int64_t left = deadline_ms - clock_ms();
    if (left <= 0)
        return 0;
    return left > INT_MAX ? INT_MAX : (int)left;
}
