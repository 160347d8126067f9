/*
 * Who works at R/<dir>: one lock file per stable directory, held while it is built there. In
 * namespaces mode every build has the path to itself and nothing is claimed; in locked mode the lock
 * is what keeps two runs, and two threads of one run, apart.
 */
#pragma once

#include "base/err.h"
#include "work/run.h"

struct claim {
    int fd; /* of the lock; -1 when nothing is claimed */
};

#define CLAIM_INIT {.fd = -1}

/* Waits for the lock, saying once who holds it, until it is free or the run is cancelled. */
int claim_take(struct run *run, const char *dir, struct claim *ret, struct err *err);
void claim_release(struct claim *claim);
