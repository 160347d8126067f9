/* The settled clock, in the place of libc's functions that tell the time of day. */
#include "preload/clock.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "preload/export.h"
#include "preload/notes.h"
#include "preload/real.h"
#include "preload/tickets.h"
#include "preload/world.h"

/*
 * Looks after which a process seems to wait, and processes after which a script does: more than
 * those that log what they do.
 */
enum { MANY_LOOKS = 10000, MANY_PROCESSES = 300 };

#define CLOCK_TICKETS UINT64_C(0x636c6f636b) /* others than those for random numbers */

static _Atomic(int64_t) looks, waited_ns, first_ns;
static atomic_bool may_wait; /* looked since the last wait that counted */

bool clock_is_settled(clockid_t clock)
{
    return world_get()->clock &&
           (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI);
}

void clock_add_waited(int64_t ns)
{
    if (world_get()->clock && ns > 0 && atomic_exchange(&may_wait, false))
        atomic_fetch_add(&waited_ns, ns);
}

/* At its first look a process finds out how many of its kind have looked before. */
static void begin(void)
{
    int64_t none = 0;

    if (!atomic_compare_exchange_strong(&first_ns, &none, real_now_ns(CLOCK_MONOTONIC)))
        return;
    uint32_t ticket = ticket_take(ticket_mix(ticket_identity() ^ CLOCK_TICKETS));
    if (ticket > MANY_PROCESSES)
        atomic_fetch_add(&waited_ns, (int64_t)(ticket - MANY_PROCESSES) * NS_PER_S);
}

/* Real time since the first look, beyond what everybody may take. */
static int64_t beyond(int64_t count)
{
    static atomic_flag noted = ATOMIC_FLAG_INIT;

    if (count < MANY_LOOKS)
        return 0;
    int64_t more = real_now_ns(CLOCK_MONOTONIC) - atomic_load(&first_ns) - world_get()->patience_ns;
    if (more <= 0)
        return 0;
    if (!atomic_flag_test_and_set(&noted))
        note_clock_ran();
    return more;
}

static int64_t at_look(int64_t count)
{
    return world_get()->base_ns + NS_PER_S / 2 + count * 1000 + atomic_load(&waited_ns);
}

int64_t clock_settled_ns(void)
{
    int64_t count = atomic_load(&looks);

    return at_look(count) + beyond(count);
}

static int64_t look(void)
{
    if (!atomic_load(&first_ns))
        begin();
    int64_t count = atomic_fetch_add(&looks, 1);
    atomic_store(&may_wait, true);
    return at_look(count) + beyond(count);
}

EXPORT int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    __typeof__(&clock_gettime) real;

    if (clock_is_settled(clock)) {
        int64_t now = look();
        *ret_time = (struct timespec){.tv_sec = now / NS_PER_S, .tv_nsec = now % NS_PER_S};
        return 0;
    }
    real = REAL(clock_gettime);
    return real ? real(clock, ret_time) : (int)syscall(SYS_clock_gettime, clock, ret_time);
}

EXPORT time_t time(time_t *ret_time)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
    if (ret_time)
        *ret_time = now.tv_sec;
    return now.tv_sec;
}

EXPORT int gettimeofday(struct timeval *restrict ret_time, void *restrict ret_zone)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
    *ret_time = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    if (ret_zone)
        *(struct timezone *)ret_zone = (struct timezone){0};
    return 0;
}

EXPORT int timespec_get(struct timespec *ret_time, int base)
{
    return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, ret_time) == 0 ? base : 0;
}
