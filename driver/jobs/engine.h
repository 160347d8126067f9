/*
 * The driver's end of an engine: finds the executable, starts it, greets it, hands it requests.
 * Start it while the process has one thread (it is forked); engine_request: any thread.
 */
#pragma once

#include <jansson.h>
#include <pthread.h>
#include <sys/types.h>

#include "base/err.h"
#include "system/cancel.h"

struct engine {
    pid_t pid;
    int pidfd; /* negative: the system gives none; valid until engine_release */
    int control;
    int life;             /* the only write end of the life pipe: its closing ends every sandbox */
    pthread_mutex_t lock; /* one request on the control socket at a time */
    json_t *greeting;     /* owned; read-only after engine_start */
};

#define ENGINE_INIT                                                                                \
    {                                                                                              \
        .pid = -1, .pidfd = -1, .control = -1, .life = -1                                          \
    }

/*
 * Starts the engine for `python` ("3.11", an interpreter's path, or NULL for the default) with the
 * pip at `pip` (NULL: ours, else one that the interpreter has). Does not wait for it to be ready.
 */
int engine_start(struct engine *engine, const char *python, const char *pip, struct err *err);

/*
 * Waits for the greeting. Once, before the first request. -ERR_CANCELLED when stop_fd (-1: none)
 * becomes readable.
 */
int engine_wait_ready(struct engine *engine, int stop_fd, struct err *err);

/*
 * Sends a request with the job's descriptors, which stay the caller's. -ERR_CANCELLED when the engine
 * takes none and `cancel` is requested; the engine is of no more use then.
 */
int engine_request(struct engine *engine, const json_t *request, const int *fds, size_t fd_count,
                   const struct cancel *cancel, struct err *err);

/*
 * Closes the connection, which ends the engine and all of its children, and waits for it. One that
 * is not ready has no children worth waiting for: it is killed, with the interpreter that it tries.
 */
void engine_stop(struct engine *engine);

/*
 * Kills the engine, and the kernel its children with it. From any thread, also while engine_stop waits;
 * not at the same time as engine_start and engine_release.
 */
void engine_kill(const struct engine *engine);
void engine_release(struct engine *engine); /* after engine_stop */

/* A string of the greeting: "python", "executable", "pip", "tag", … or "". */
const char *engine_fact(const struct engine *engine, const char *name);
