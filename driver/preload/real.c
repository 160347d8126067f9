/* Finds the functions that this library stands in front of. */
#include "preload/real.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "preload/world.h"

/*
 * Weak: its version is that of the libc that this was compiled with, and a program that brings an
 * older libc of its own is not to fail for it.
 */
#pragma weak dlsym

void *real_find(_Atomic(void *) *known, const char *name)
{
    void *found = atomic_load_explicit(known, memory_order_relaxed);

    if (!found && dlsym) { /* two threads find the same one */
        found = dlsym(RTLD_NEXT, name);
        atomic_store_explicit(known, found, memory_order_relaxed);
    }
    return found;
}

int64_t real_now_ns(clockid_t clock)
{
    struct timespec now = {0};

    (void)syscall(SYS_clock_gettime, clock, &now); /* it cannot fail for these clocks */
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}
