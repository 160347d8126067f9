/* The beginning and the end of a run: everything that happens while there is one thread. */
#pragma once

#include "build/builder.h"

/*
 * Checks the options (-ERR_USAGE), starts the engine, makes the run directory, decides on mode and
 * slots, and waits until the engine is ready. On failure run_release cleans up as well. Every wait ends
 * with -ERR_CANCELLED when stop_fd becomes readable.
 */
int run_setup(struct builder *b, int stop_fd, struct err *err);

/* Ends the engine and all of its children, removes the run directory. Accepts a half-made run. */
void run_release(struct builder *b);
