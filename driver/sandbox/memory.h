/* How much memory can be given to files now. */
#pragma once

#include <stdint.h>

/* Bytes: MemAvailable, and what the cgroups (v1, v2) leave of it. */
uint64_t sandbox_memory_available(void);
