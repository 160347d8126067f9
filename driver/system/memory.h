/* How much memory can be used now. Any thread. */
#pragma once

#include <stdint.h>

/*
 * Bytes: MemAvailable, and what the cgroups (v1, v2) leave of it. Page cache that can be given up does
 * not count as used.
 */
uint64_t memory_available(void);

/* The same and the machine's free swap: near 0 the kernel ends processes. */
uint64_t memory_left(void);

/* How many processes the kernel has ended for lack of memory, since the machine was started. */
uint64_t memory_kills(void);
