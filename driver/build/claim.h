/*
 * Who works at R/<dir>: one lock file per stable directory, held while it is built there. In
 * namespaces mode every build has the path to itself and nothing is claimed; in locked mode the lock
 * is what keeps two runs, and two threads of one run, apart. The sandbox holds it too (jobs/job.h), so
 * that it is free only when nobody of the tree is alive.
 */
#pragma once

#include "base/err.h"
#include "system/lock.h"
#include "build/builder.h"

/* How a run waits for a lock below R: says once who holds it; until --build-timeout, or cancelled. */
struct claim_wait {
    struct lock_wait lock; /* `arg` is this struct, which therefore stays where it is */
    struct builder *builder;
    const char *path; /* below R, for the message; borrowed */
    bool said;
};

void claim_wait_init(struct claim_wait *ret, struct builder *builder, const char *path);

/* Removes R/<dir>, which the holder of the lock is done with; nothing in the other modes. */
void claim_clean(struct builder *builder, const char *dir, const struct lock *held);

/* Waits for the lock as claim_wait says. */
int claim_take(struct builder *builder, const char *dir, struct lock *ret, struct err *err);
