/*
 * The delivery of a run, on a thread of its own: from the resolver to the last wheel that was published.
 *
 *     resolver job ──> wheels of the index are published ──> each built wheel as soon as it is done
 *        └─ meanwhile: each built wheel that is part of every solution
 */
#pragma once

#include <pthread.h>

#include "build/builder.h"
#include "run/outcome.h"

struct delivery {
    struct builder *builder;
    struct outcome *outcome; /* filled meanwhile; read it when the thread is over */
    struct cancel finished;  /* its descriptor turns readable when the thread is at its end */
    pthread_t thread;
    int result; /* 0, or what ended it */
    struct err err;
};

/* Makes the directory of the wheels, the outcome's from then on; fails when it cannot be written to. */
int delivery_make_dir(struct outcome *outcome, const char *path, struct err *err);

/* Starts the thread. The builder's pool and plan must be there. */
int delivery_start(struct delivery *d, struct builder *builder, struct outcome *outcome,
                   struct err *err);

/* Waits for the thread and returns its result. After a successful start, exactly once. */
int delivery_finish(struct delivery *d, struct err *err);
