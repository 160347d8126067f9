/*
 * Proving what a run has built before it is delivered: each wheel is built once more under other
 * circumstances, unless the store knows that the same one was proven before. For a process with one
 * thread.
 */
#pragma once

#include "verify/verify.h"

/*
 * Fills `proof` of each wheel in the record that was built. `dir` is where the wheels lie; spec->given
 * are the options of the run. *ret_verification has the wheels that were built once more.
 */
int prove_wheels(const struct verify_spec *spec, const char *dir, struct run_record *record,
                 struct verification *ret_verification, struct err *err);
