/*
 * The worker threads. A task is a function and its data; it runs on one worker from start to end
 * and may block. A task that has much independent work of one kind (compressing entries) spreads it
 * with pool_spread(): idle workers help, and the caller does the rest itself, so that it never
 * waits for a free worker.
 *
 * Tasks start in the order in which they were added, those of more weight first; help for a running task comes before new
 * tasks. Workers never fork and never touch Python. pool_add and pool_spread: any thread.
 */
#pragma once

#include "base/err.h"

struct pool;

/* Starts `threads` workers with all signals blocked. */
int pool_new(int threads, struct pool **ret_pool, struct err *err);

/*
 * Waits for the running tasks, drops those that have not started, ends the threads. Accepts NULL.
 */
void pool_free(struct pool *pool);

void pool_add(struct pool *pool, void (*run)(void *arg), void *arg);
/* The task with this data is the next one, if it has not started. */
void pool_hurry(struct pool *pool, const void *arg);

/* Before the waiting tasks of less weight, behind those of the same; pool_add: weight 0. */
void pool_add_weighted(struct pool *pool, void (*run)(void *arg), void *arg, int64_t weight);

/*
 * Calls fn(arg, i) once for each i below count and returns when all calls have returned. The
 * calling thread makes calls too. It need not be a worker; then one thread more than the pool's is
 * at work.
 */
void pool_spread(void *pool, void (*fn)(void *arg, size_t index), void *arg, size_t count);

/* The type of pool_spread(), for code that is given such a function. */
typedef void spread_fn(void *pool, void (*fn)(void *arg, size_t index), void *arg, size_t count);
