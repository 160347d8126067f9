/*
 * Starting a thread. Every signal is blocked in it, so that signals are the main thread's alone
 * (system/sig.h). The caller's own mask is as before when the call returns. Any thread may call.
 */
#pragma once

#include <pthread.h>

#include "base/err.h"

/*
 * 0, or the error of pthread_create(), and then no thread has started. The thread is joined or
 * detached by the caller.
 */
int thread_start(pthread_t *ret_thread, void *(*run)(void *arg), void *arg, struct err *err);
