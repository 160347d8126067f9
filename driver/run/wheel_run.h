/*
 * One run of `truewheel wheel` from options to published wheels; also what piptool and
 * wheel_installer call. Starts the engine, the workers and a thread for the plan; the calling thread
 * (which must be the only one) handles signals and the terminal.
 *
 *   resolve ─> index wheels published ─> each built wheel published as soon as it is done ─> record
 */
#pragma once

#include "base/err.h"
#include "inputs/options.h"

/*
 * *ret_status is the exit status: 0, 1 when builds failed (each was reported on stderr), or 128+n
 * when signal n ended the run. Negative for everything that ended the run with one error, which is
 * the caller's to print. The names of the wheels that were delivered are added to ret_wheels, in the
 * resolver's order; what lay in the directory before is not among them. NULL: nobody asks.
 */
int wheel_run(const struct wheel_options *options, struct strv *ret_wheels, int *ret_status,
              struct err *err);
