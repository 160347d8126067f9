/*
 * The worker threads. A task is a function and its data; it runs on one worker from start to end and
 * may block. A task with much independent work of one kind (compressing entries) spreads it with
 * pool_spread: idle workers help, and the caller does whatever nobody took, so that it never waits
 * for a free worker.
 *
 * Tasks start in the order in which they were added, help before tasks. Workers never fork and never
 * touch Python. pool_add and pool_spread: any thread.
 */
#pragma once

#include "base/err.h"

struct pool;

/* Starts `threads` workers with all signals blocked. The pool is freed by pool_free. */
int pool_new(int threads, struct pool **ret_pool, struct err *err);

/* Waits for the running tasks, drops the others, ends the threads. Accepts NULL. */
void pool_free(struct pool *pool);

void pool_add(struct pool *pool, void (*run)(void *arg), void *arg);

/*
 * Calls fn(arg, i) once for each i below count and returns when all calls have returned. The caller
 * works too, be it a worker or a thread of somebody else's: then one more than the pool's are at it.
 */
/* The shape of pool_spread, for those who take any such function. */
typedef void spread_fn(void *pool, void (*fn)(void *arg, size_t index), void *arg, size_t count);

void pool_spread(void *pool, void (*fn)(void *arg, size_t index), void *arg, size_t count);
