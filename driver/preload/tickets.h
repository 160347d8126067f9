/*
 * The file `tickets` of the guest directory: how often a program has been started, with the same
 * arguments in the same directory, before this one. It tells processes apart by what they do, where
 * a process id would tell by what else was started.
 */
#pragma once

#include <stdint.h>

enum { TICKETS = 4096 };

/* One step of a 64-bit mixing function (splitmix64's finaliser). */
uint64_t ticket_mix(uint64_t state);

/* What this process is: of its arguments, its directory, and which fork of which fork it is. */
uint64_t ticket_identity(void);

/*
 * The number of those with this identity that asked before, in the build; 0 when it cannot be
 * known. Two identities share a number when their hashes do, which is of no matter.
 */
uint32_t ticket_take(uint64_t identity);
