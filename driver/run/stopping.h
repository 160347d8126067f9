/*
 * Signals that end a run, from the first one to the last:
 *
 *   first    the run is cancelled: builds are asked to end, then killed; directories are removed
 *   second   the engine and its children are killed at once, and nobody waits for them
 *   third    this process ends at once; what it leaves, the next run of the same user removes
 *
 * The main thread reads them while the run goes on, and hands them to stopping_signal. While all of it
 * ends, which may take seconds, a thread of its own reads them: from stopping_watch to stopping_end.
 * The exit status is always the first one's.
 */
#pragma once

#include <pthread.h>

#include "build/builder.h"

struct stopping {
    struct builder *builder;
    int signals; /* sig_open_fd */
    int first;   /* 0: none yet */
    int count;
    struct cancel over; /* ends the thread */
    pthread_t thread;
    bool watching;
    bool late; /* none had come before the thread began: the run ended by itself */
};

#define STOPPING_INIT                                                                              \
    {                                                                                              \
        .signals = -1, .over = {.fd = -1 }                                                         \
    }

/* Of the main thread, until stopping_watch. The builder may be half made. */
void stopping_signal(struct stopping *s, int signal);

/* Starts the thread, once; a second call does nothing. Without a thread later signals wait. */
void stopping_watch(struct stopping *s);
/* Ends it. A late signal is the process's own again, and takes effect when signals are unblocked. */
void stopping_end(struct stopping *s);

/*
 * What the third signal calls, with the number of the first: set by whoever decides on exit statuses,
 * before the run. It does not return, and may be called by any thread. Default: the signal's own effect.
 */
void stopping_set_end(void (*end)(int signal));
