/*
 * The engine's children: one fork for each job (docs/engine-protocol.md). For the engine, which has
 * one thread and an initialised interpreter.
 */
#pragma once

#include "system/frame.h"

/*
 * Forks the child for a request; returns in the engine only. The child has the descriptors of the
 * frame; the caller still closes its own copies. A request that makes no sense is an error here,
 * and nothing is forked.
 */
int job_fork(struct frame *request, struct err *err);

enum { ENGINE_CONTROL_FD = 3, ENGINE_LIFE_FD = 4 };
