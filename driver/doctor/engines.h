/*
 * The engines and their Pythons, and what the pip of the chosen one reaches. Starts them, and ends
 * them before it returns: while there is one thread.
 */
#pragma once

#include "inputs/options.h"
#include "doctor/findings.h"

/*
 * `options`: python and pip choose, pip_args say where files are found. With `offline` no index is
 * asked. What is wrong is a finding, never an error.
 */
void doctor_look_at_engines(const struct wheel_options *options, struct findings *findings);
