/*
 * "Stop now", said once by the main thread and seen by every worker: a flag, and a descriptor that
 * turns readable and stays so, to be put beside the others in a ppoll.
 */
#pragma once

#include <stdatomic.h>

#include "base/err.h"

struct cancel {
    int fd;            /* eventfd, never read */
    atomic_int signal; /* the signal that caused it, 0 for another reason */
    atomic_bool requested;
};

int cancel_init(struct cancel *c, struct err *err);
void cancel_release(struct cancel *c);
/* Any thread; async-signal-safe. Only the first call counts. signal: 0 or the number. */
void cancel_request(struct cancel *c, int signal);
bool cancel_requested(const struct cancel *c);
