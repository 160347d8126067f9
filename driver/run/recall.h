/*
 * The short way: a run whose answer is remembered and still holds is given again from the store, and no
 * Python is started. Requirements that are pinned and hashed, or that come from directories alone, hold
 * as long as their files do; the machine, the engine and the options are compared each time.
 */
#pragma once

#include "jobs/progress.h"
#include "inputs/options.h"
#include "run/outcome.h"

/*
 * 1: *ret_outcome is filled, and every wheel is where it was asked for. 0: the long way is to be gone;
 * nothing was delivered, or only wheels that will be delivered again. Negative with --offline alone,
 * which has no other way: what is missing. Before the first thread.
 */
int recall_run(const struct wheel_options *options, struct progress *progress,
               struct outcome *ret_outcome, struct err *err);
