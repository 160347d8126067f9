/*
 * What the machine itself allows: sandboxes, memory, builds at once, places to write; and the
 * libraries that this program runs with. Forks: while there is one thread.
 */
#pragma once

#include "inputs/options.h"
#include "doctor/findings.h"

/* `options`: build_root and jobs count. */
void doctor_look_at_machine(const struct wheel_options *options, struct findings *findings);
