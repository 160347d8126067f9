/*
 * What the processes of a sandbox use, measured by B from outside of them: no event tells it where there
 * is no cgroup. What the kernel holds for them (buffers of sockets, directories) does not show here.
 */
#pragma once

#include "sandbox/spec.h"

struct sandbox_usage {
    uint64_t bytes;     /* of memory: their own, and that of files in memory */
    uint64_t processes; /* without B */
};

/*
 * Of all descendants of this process; with `namespaces` of all processes in its /proc but itself. Small
 * numbers are upper bounds (memory that processes share counts for each), large ones are exact.
 */
void sandbox_measure(bool namespaces, struct sandbox_usage *ret_usage);
