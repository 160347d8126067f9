/*
 * Who works at R/<dir>: one lock file per stable directory, held while it is built there. In
 * namespaces mode every build has the path to itself and nothing is claimed; in locked mode the lock
 * is what keeps two runs, and two threads of one run, apart. The sandbox holds it too (supervise.h), so
 * that it is free only when nobody of the tree is alive.
 */
#pragma once

#include "base/err.h"
#include "system/lock.h"
#include "work/run.h"

/* Removes R/<dir>, which the holder of the lock is done with; nothing in the other modes. */
void claim_clean(struct run *run, const char *dir, const struct lock *held);

/* Waits for the lock, saying once who holds it, until it is free or the run is cancelled. */
int claim_take(struct run *run, const char *dir, struct lock *ret, struct err *err);
