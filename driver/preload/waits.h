/*
 * What waits by the clock. The kernel knows only its own time, so a deadline that was computed from
 * the settled clock is translated to it; and what a program has slept, or waited in vain for, goes
 * by on the settled clock too: `while now() < deadline: sleep(0.1)` ends as it would without us,
 * after as many turns.
 *
 * Not translated: absolute timers (timer_settime, timerfd_settime) and message queues.
 */
#pragma once

#include <stdint.h>
#include <time.h>

/*
 * A deadline, as the kernel is to be told, and how long that is from now by the clock it belongs
 * to.
 */
struct deadline {
    struct timespec at;
    int64_t left_ns;
};

/*
 * By the clock to whose time of now it is closest: a condition variable does not say which it has.
 */
struct deadline deadline_of(const struct timespec *at);
