/* What would answer without us. Any thread. */
#pragma once

#include <stdint.h>
#include <time.h>

/*
 * The function that the program would call: of the next library that has one, usually libc's. NULL
 * when there is none. The second call costs a load.
 */
void *real_find(_Atomic(void *) *known, const char *name);

#define REAL(name_)                                                                                \
    ({                                                                                             \
        static _Atomic(void *) known_;                                                             \
        (__typeof__(&(name_)))real_find(&known_, #name_);                                          \
    })

/* The kernel's answer in nanoseconds, whatever else is preloaded: its waits go by this clock. */
int64_t real_now_ns(clockid_t clock);
