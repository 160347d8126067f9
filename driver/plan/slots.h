/*
 * Who may run a job now. A slot is the right to keep one processor busy; a run has as many as -j says,
 * or as many as make's jobserver grants (system/jobserver.h): the one that every recipe has, and one
 * for each token.
 *
 *   worker:  slots_take ── blocks ──> lease: one slot, and a pool of the build's own ──> slots_give
 *
 * The pool is a fifo in the form of a jobserver that the tools inside the build join. It is empty at
 * first. When something inside has opened it, one slot that nobody needs is lent into it, and another
 * one as soon as that one is taken, so that a lonely large build gets the whole machine, and a build
 * that never asks holds nothing but its own slot. What lies in a pool unused is called back when a
 * build waits for its first slot, and beyond one it goes back in any case: to the others, to make.
 *
 * The bytes in a pool are claims of code that is not trusted. The slots behind them stay here: all
 * come back with slots_give, whether the build returned its bytes or was killed with them. Bytes that
 * it made up count for nothing.
 *
 * Any thread may take and give. slots_serve is for one thread, when slots_fd is readable: that is how
 * it is known that a pool was opened or used (inotify), and that make has a token.
 */
#pragma once

#include "base/err.h"
#include "system/jobserver.h"

struct slots;

struct slot_lease {
    struct slots *slots; /* NULL: nothing is held */
    struct slot_lease *next;
    struct job_slot own;
    bool waits;
    int pool; /* the fifo */
    int watch;
    char *path;            /* of the fifo; owned */
    bool opened;           /* something inside has opened it */
    struct job_slot *lent; /* the slots behind the bytes that were put into it */
    size_t lent_count, lent_cap;
};

#define SLOT_LEASE_INIT                                                                            \
    {                                                                                              \
        .pool = -1, .watch = -1                                                                    \
    }

/*
 * `count` slots; or with `server` (borrowed, open; NULL: none) one and what it grants. Freed by
 * slots_free when nobody holds a lease any more.
 */
int slots_new(int count, struct jobserver *server, struct slots **ret_slots, struct err *err);
void slots_free(struct slots *slots); /* accepts NULL */

/*
 * Waits for a slot and makes the fifo `pool_path`. -ERR_CANCELLED after slots_stop. The lease must stay
 * where it is until slots_give.
 */
int slots_take(struct slots *slots, const char *pool_path, struct slot_lease *ret_lease,
               struct err *err);
void slots_give(struct slot_lease *lease); /* accepts one that holds nothing */

/* Readable when slots_serve has something to do. */
int slots_fd(const struct slots *slots);
void slots_serve(struct slots *slots);

/* From now on nobody gets one. */
void slots_stop(struct slots *slots);
