/* Monotonic time in milliseconds, and deadlines on it. Any thread. */
#pragma once

#include "base/util.h"

#define DEADLINE_NEVER INT64_MAX

int64_t clock_ms(void);

/* The time left until a deadline, as poll() wants it: -1 for never, 0 when it has passed. */
int deadline_poll_ms(int64_t deadline_ms);
