/* Sleeping, waiting for descriptors, and waiting for other threads until a time. */
#include "preload/waits.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <threads.h>
#include <unistd.h>

#include "preload/clock.h"
#include "preload/export.h"
#include "preload/real.h"
#include "preload/world.h"

static int64_t ns_of(const struct timespec *time)
{
    if (time->tv_sec > INT64_MAX / NS_PER_S - 1)
        return INT64_MAX / 2;
    return (int64_t)time->tv_sec * NS_PER_S + time->tv_nsec;
}

/*
 * To the next millisecond: how long ago a program computed its deadline is not the same in each
 * run.
 */
static void add_waited(int64_t ns)
{
    const int64_t ms = 1000000;

    clock_add_waited((ns + ms - 1) / ms * ms);
}

/* ----------------------------------------------------------------------------------- deadlines */

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

struct deadline deadline_of(const struct timespec *at)
{
    struct deadline deadline = {.at = *at};
    int64_t asked = ns_of(at);

    if (!world_get()->clock || asked >= INT64_MAX / 2) /* the latter means never */
        return deadline;
    int64_t settled = clock_settled_ns();
    int64_t real = real_now_ns(CLOCK_REALTIME), monotonic = real_now_ns(CLOCK_MONOTONIC);
    int64_t nearest = distance(asked, real) < distance(asked, monotonic) ? real : monotonic;

    if (distance(asked, nearest) <= distance(asked, settled)) {
        deadline.left_ns = asked - nearest;
        return deadline;
    }
    deadline.left_ns = asked - settled;
    asked += real - settled;
    deadline.at = (struct timespec){.tv_sec = asked / NS_PER_S, .tv_nsec = asked % NS_PER_S};
    return deadline;
}

static int ended(int ret, int error, const struct deadline *deadline)
{
    if (error == ETIMEDOUT)
        add_waited(deadline->left_ns);
    return ret;
}

/* Functions that return the error, and that take a clock before the time or do not. */
#define WAITS_UNTIL(name_, parameters_, before_)                                                   \
    EXPORT int name_ parameters_                                                                   \
    {                                                                                              \
        __typeof__(&(name_)) real = REAL(name_);                                                   \
        struct deadline until = deadline_of(at);                                                   \
        int ret = real ? real before_ : ENOSYS;                                                    \
        return ended(ret, ret, &until);                                                            \
    }

WAITS_UNTIL(pthread_cond_timedwait,
            (pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
             const struct timespec *restrict at),
            (cond, mutex, &until.at))
WAITS_UNTIL(pthread_mutex_timedlock,
            (pthread_mutex_t *restrict mutex, const struct timespec *restrict at),
            (mutex, &until.at))
WAITS_UNTIL(pthread_rwlock_timedrdlock,
            (pthread_rwlock_t *restrict lock, const struct timespec *restrict at),
            (lock, &until.at))
WAITS_UNTIL(pthread_rwlock_timedwrlock,
            (pthread_rwlock_t *restrict lock, const struct timespec *restrict at),
            (lock, &until.at))
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 30)
WAITS_UNTIL(pthread_cond_clockwait,
            (pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex, clockid_t clock,
             const struct timespec *restrict at),
            (cond, mutex, clock, &until.at))
#endif

/* C11's have answers of their own. */
EXPORT int cnd_timedwait(cnd_t *restrict cond, mtx_t *restrict mutex,
                         const struct timespec *restrict at)
{
    __typeof__(&cnd_timedwait) real = REAL(cnd_timedwait);
    struct deadline until = deadline_of(at);
    int ret = real ? real(cond, mutex, &until.at) : thrd_error;

    return ended(ret, ret == thrd_timedout ? ETIMEDOUT : 0, &until);
}

EXPORT int mtx_timedlock(mtx_t *restrict mutex, const struct timespec *restrict at)
{
    __typeof__(&mtx_timedlock) real = REAL(mtx_timedlock);
    struct deadline until = deadline_of(at);
    int ret = real ? real(mutex, &until.at) : thrd_error;

    return ended(ret, ret == thrd_timedout ? ETIMEDOUT : 0, &until);
}

/* Those of semaphores have errno. */
EXPORT int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict at)
{
    __typeof__(&sem_timedwait) real = REAL(sem_timedwait);
    struct deadline until = deadline_of(at);
    int ret = real ? real(semaphore, &until.at) : -1;

    return ended(ret, ret < 0 ? errno : 0, &until);
}

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 30)
EXPORT int sem_clockwait(sem_t *restrict semaphore, clockid_t clock,
                         const struct timespec *restrict at)
{
    __typeof__(&sem_clockwait) real = REAL(sem_clockwait);
    struct deadline until = deadline_of(at);
    int ret = real ? real(semaphore, clock, &until.at) : -1;

    return ended(ret, ret < 0 ? errno : 0, &until);
}
#endif

/* ------------------------------------------------------------------------------------ sleeping */

EXPORT int nanosleep(const struct timespec *time, struct timespec *ret_left)
{
    __typeof__(&nanosleep) real = REAL(nanosleep);
    int ret = real ? real(time, ret_left) : -1;

    if (ret == 0)
        clock_add_waited(ns_of(time));
    return ret;
}

EXPORT int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time,
                           struct timespec *ret_left)
{
    __typeof__(&clock_nanosleep) real = REAL(clock_nanosleep);
    struct deadline until = {.at = *time, .left_ns = ns_of(time)};

    if (flags & TIMER_ABSTIME)
        until = deadline_of(time);
    int ret = real ? real(clock, flags, &until.at, ret_left) : ENOSYS;
    if (ret == 0)
        add_waited(until.left_ns);
    return ret;
}

EXPORT int usleep(useconds_t us)
{
    __typeof__(&usleep) real = REAL(usleep);
    int ret = real ? real(us) : -1;

    if (ret == 0)
        clock_add_waited((int64_t)us * 1000);
    return ret;
}

EXPORT unsigned int sleep(unsigned int seconds)
{
    __typeof__(&sleep) real = REAL(sleep);
    unsigned int left = real ? real(seconds) : seconds;

    clock_add_waited((int64_t)(seconds - left) * NS_PER_S);
    return left;
}

/* ----------------------------------------------------------------------------- for descriptors */

/* In vain: nothing has happened before the time was over. */
static int in_vain(int ret, int64_t ns)
{
    if (ret == 0)
        clock_add_waited(ns);
    return ret;
}

static int64_t ns_of_ms(int ms)
{
    return ms > 0 ? (int64_t)ms * 1000000 : 0;
}

EXPORT int select(int count, fd_set *restrict in, fd_set *restrict out, fd_set *restrict except,
                  struct timeval *restrict time)
{
    __typeof__(&select) real = REAL(select);
    int64_t ns = time ? (int64_t)time->tv_sec * NS_PER_S + (int64_t)time->tv_usec * 1000 : 0;

    return in_vain(real ? real(count, in, out, except, time) : -1, ns); /* it changes *time */
}

EXPORT int pselect(int count, fd_set *restrict in, fd_set *restrict out, fd_set *restrict except,
                   const struct timespec *restrict time, const sigset_t *restrict mask)
{
    __typeof__(&pselect) real = REAL(pselect);

    return in_vain(real ? real(count, in, out, except, time, mask) : -1, time ? ns_of(time) : 0);
}

EXPORT int poll(struct pollfd *fds, nfds_t count, int ms)
{
    __typeof__(&poll) real = REAL(poll);

    return in_vain(real ? real(fds, count, ms) : -1, ns_of_ms(ms));
}

EXPORT int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *time,
                 const sigset_t *mask)
{
    __typeof__(&ppoll) real = REAL(ppoll);

    return in_vain(real ? real(fds, count, time, mask) : -1, time ? ns_of(time) : 0);
}

EXPORT int epoll_wait(int fd, struct epoll_event *events, int most, int ms)
{
    __typeof__(&epoll_wait) real = REAL(epoll_wait);

    return in_vain(real ? real(fd, events, most, ms) : -1, ns_of_ms(ms));
}

EXPORT int epoll_pwait(int fd, struct epoll_event *events, int most, int ms, const sigset_t *mask)
{
    __typeof__(&epoll_pwait) real = REAL(epoll_pwait);

    return in_vain(real ? real(fd, events, most, ms, mask) : -1, ns_of_ms(ms));
}
