/*
 * How much memory the builds of a run use together, and which one has to end when it is too much: the
 * one that uses most. A build's supervisor says every moment what its processes use; the numbers are
 * added up here. Where a cgroup is delegated to us the kernel holds the same bound (system/cgroup.h).
 *
 * Besides, when the machine itself is about to have none left (by builds whose memory does not show, or
 * by others), the largest build ends, and then the next.
 *
 * Any thread.
 */
#pragma once

#include <pthread.h>

#include "base/err.h"

enum {
    BUDGET_MAX_PROCESSES = 8192, /* of one build at once */
};
#define BUDGET_MIN_BYTES ((uint64_t)64 << 20)

/* What one running build uses. Stays where it is from budget_join to budget_leave. */
struct budget_share {
    struct budget_share *next;
    uint64_t bytes;
    bool ended; /* it was told to: its memory no longer counts */
};

struct budget {
    pthread_mutex_t lock;
    uint64_t max_bytes;          /* of all builds together */
    uint64_t floor_bytes;        /* of the machine, that must be left */
    struct budget_share *shares; /* (lock) */
    int64_t ended_ms;            /* (lock) when one was told to end for the machine's sake */
};

/* `max_bytes` 0: three quarters of what is available now. */
void budget_init(struct budget *ret_budget, uint64_t max_bytes);
void budget_release(struct budget *budget);

void budget_join(struct budget *budget, struct budget_share *share);
void budget_leave(struct budget *budget, struct budget_share *share);

/*
 * Notes what a build uses. An error, -ERR_RESOURCE, says that this one has to end, and why; its memory
 * counts no longer.
 */
int budget_note(struct budget *budget, struct budget_share *share, uint64_t bytes,
                uint64_t processes, struct err *err);

/* "1.5 GiB"; the caller frees. */
char *budget_text(uint64_t bytes);
