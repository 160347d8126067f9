/*
 * One run of `truewheel wheel`: set-up, threads, signals, the end. Whoever asks for it (the command
 * line, piptool, a proof) gets an outcome and prints what of it people shall see.
 *
 * Takes over the process's signals while it runs. Single-threaded before and after.
 */
#pragma once

#include "jobs/progress.h"
#include "inputs/options.h"
#include "run/outcome.h"

/*
 * 0 when the run came to its end: see what failed, and whether a signal stopped it, in *ret, which must
 * be zeroed and is the caller's to release in any case. Negative when it could not: -ERR_USAGE for bad
 * options and requirements, -ERR_ENVIRONMENT, -ERR_BUILD for what cannot be resolved; *ret then holds
 * what was delivered before.
 */
int wheel_run(const struct wheel_options *options, struct progress *progress,
              struct outcome *ret_outcome, struct err *err);
