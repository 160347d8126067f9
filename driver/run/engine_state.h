/* Whether the engine is still the one that answered: its program, the shim and pip, by digests. */
#pragma once

#include <jansson.h>

#include "inputs/digests.h"
#include "inputs/options.h"

/* A new object, the same as long as all of them are. `python`: of the run's environment, or NULL. */
int engine_state(const char *python, const struct wheel_options *options, struct digests *digests,
                 json_t **ret_state, struct err *err);
