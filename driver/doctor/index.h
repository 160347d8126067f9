/* Whether the indexes of pip's configuration answer the pip of an engine. */
#pragma once

#include "jobs/engine.h"
#include "inputs/options.h"
#include "doctor/findings.h"

/* `engine` is ready. Blocks until each has answered, or pip's --timeout is over. */
void doctor_look_at_index(struct engine *engine, const struct wheel_options *options,
                          struct findings *findings);
