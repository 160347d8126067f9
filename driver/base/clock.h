/* Monotonic time, deadlines on it, and the time of files. Any thread. */
#pragma once

#include <time.h>

#include "base/util.h"

#define DEADLINE_NEVER INT64_MAX

int64_t clock_ms(void);
int64_t clock_us(void); /* of the same clock */

/* Nanoseconds since the epoch, as files are stamped with. */
int64_t clock_real_ns(void);
int64_t timespec_ns(const struct timespec *ts);

/* The coarsest clock that stamps files ticks a hundred times a second; twice that, to be sure. */
#define CLOCK_TICK_NS (20 * 1000 * 1000)

/* The time left until a deadline, as poll() wants it: -1 for never, 0 when it has passed. */
int deadline_poll_ms(int64_t deadline_ms);
