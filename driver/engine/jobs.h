/*
 * The engine's children: one fork a job (docs/engine-protocol.md). Called in the engine, which has
 * one thread and an initialised interpreter; the functions return in the engine only, the child ends
 * with _exit.
 */
#pragma once

#include "system/frame.h"

/*
 * Forks the child for a request. The descriptors of the frame become the child's; the caller keeps
 * and closes its own. A request that cannot be understood fails here, in the engine.
 */
int job_fork(const struct frame *request, struct err *err);

enum { ENGINE_CONTROL_FD = 3, ENGINE_LIFE_FD = 4 };
