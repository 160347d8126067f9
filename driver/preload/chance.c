/* Random numbers that are the same in the next build. */
#include "preload/chance.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/export.h"
#include "preload/notes.h"
#include "preload/tickets.h"
#include "preload/world.h"

/*
 * Of the process `owner`: a forked child seeds again. Two threads may seed at once, each with a
 * ticket of its own: then the later one's counts for both. No lock, which a fork could leave taken
 * for ever.
 */
static _Atomic(pid_t) owner;
static _Atomic(uint64_t) seed, count;

static void seed_once(void)
{
    pid_t pid = getpid();

    if (atomic_load(&owner) == pid)
        return;
    uint64_t identity = ticket_identity();
    atomic_store(&seed, ticket_mix(identity ^ ticket_mix(ticket_take(identity))));
    atomic_store(&count, 0);
    atomic_store(&owner, pid);
}

void chance_fill(void *ret_bytes, size_t len)
{
    char *at = ret_bytes;
    uint64_t number;

    seed_once();
    uint64_t start = atomic_load(&seed);
    uint64_t index = atomic_fetch_add(&count, len / sizeof(number) + 1);
    for (; len; index++) {
        size_t some = len < sizeof(number) ? len : sizeof(number);
        number = ticket_mix(start + index);
        memcpy(at, &number, some);
        at += some;
        len -= some;
    }
}

EXPORT ssize_t getrandom(void *ret_bytes, size_t len, unsigned int flags)
{
    if (world_get()->chance) {
        chance_fill(ret_bytes, len);
        return (ssize_t)len;
    }
    ssize_t got = syscall(SYS_getrandom, ret_bytes, len, flags);
    if (got > 0)
        note_chance(ret_bytes, (size_t)got);
    return got;
}

EXPORT int getentropy(void *ret_bytes, size_t len)
{
    if (len > 256) { /* as libc's */
        errno = EIO;
        return -1;
    }
    for (size_t done = 0; done < len;) {
        ssize_t got = getrandom((char *)ret_bytes + done, len - done, 0);
        if (got < 0 && errno != EINTR)
            return -1;
        done += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

/*
 * ------------------------------------------------------------------------------------ arc4random
 */

/* Of the BSDs: in libc from glibc 2.36 on, before in libbsd, and in neither with musl. */
EXPORT void arc4random_buf(void *ret_bytes, size_t len);
EXPORT uint32_t arc4random(void);
EXPORT uint32_t arc4random_uniform(uint32_t bound);

void arc4random_buf(void *ret_bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        size_t some = len - done < 256 ? len - done : 256;
        if (getentropy((char *)ret_bytes + done, some) < 0)
            abort(); /* as the others: its callers do not expect it to fail */
        done += some;
    }
}

uint32_t arc4random(void)
{
    uint32_t number;

    arc4random_buf(&number, sizeof(number));
    return number;
}

uint32_t arc4random_uniform(uint32_t bound)
{
    uint32_t least = bound ? -bound % bound : 0, number;

    if (bound < 2)
        return 0;
    do
        number = arc4random(); /* below `least`, the last, incomplete range would favour some */
    while (number < least);
    return number % bound;
}
