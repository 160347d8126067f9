/*
 * A request to stop, made once by the main thread and seen by every worker: a flag, and a
 * descriptor for poll(), which becomes readable and stays so.
 */
#pragma once

#include <stdatomic.h>

#include "base/err.h"

struct cancel {
    int fd;            /* an eventfd that nobody reads */
    atomic_int signal; /* the signal that caused the request, 0 for another reason */
    atomic_bool requested;
};

int cancel_init(struct cancel *c, struct err *err);
void cancel_release(struct cancel *c);
/* Any thread; async-signal-safe. Only the first call has an effect. */
void cancel_request(struct cancel *c, int signal);
bool cancel_requested(const struct cancel *c);
