/* Counts processes by what they are. */
#include "preload/tickets.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/export.h"
#include "preload/real.h"
#include "preload/world.h"

/* Since the last fork. */
static atomic_uint forks;
static _Atomic(uint64_t) lineage;

uint64_t ticket_mix(uint64_t state)
{
    state += UINT64_C(0x9E3779B97F4A7C15);
    state = (state ^ (state >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    state = (state ^ (state >> 27)) * UINT64_C(0x94D049BB133111EB);
    return state ^ (state >> 31);
}

static uint64_t add(uint64_t state, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        state = (state ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001B3);
    return ticket_mix(state);
}

uint64_t ticket_identity(void)
{
    char text[4096];
    uint64_t state = atomic_load(&lineage);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY | O_CLOEXEC, 0);

    if (fd >= 0) {
        ssize_t len = read(fd, text, sizeof(text));
        state = add(state, text, len > 0 ? (size_t)len : 0);
        (void)close(fd);
    }
    return getcwd(text, sizeof(text)) ? add(state, text, strlen(text)) : state;
}

uint32_t ticket_take(uint64_t identity)
{
    const size_t size = TICKETS * sizeof(atomic_uint);
    int fd = world_open("tickets", O_RDWR);
    uint32_t ticket = 0;

    if (fd < 0)
        return 0;
    atomic_uint *all = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (all == MAP_FAILED)
        return 0;
    ticket = atomic_fetch_add(&all[identity % TICKETS], 1);
    (void)munmap(all, size);
    return ticket;
}

/* A child is another one than its parent and than the children before it, whoever runs first. */
EXPORT pid_t fork(void)
{
    __typeof__(&fork) real = REAL(fork);
    unsigned int before = atomic_fetch_add(&forks, 1);
    pid_t child = real ? real() : -1;

    if (child == 0) {
        atomic_store(&lineage, ticket_mix(atomic_load(&lineage) ^ (before + 1)));
        atomic_store(&forks, 0);
    }
    return child;
}
