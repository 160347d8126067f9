/*
 * Filling a build environment: resolve its requirements, build those that are sdists, lay all of it
 * out as a virtual environment that is named by its content, R/env/<hash>.
 */
#pragma once

#include "plan/plan.h"

/*
 * Starts the thread, which has a place (plan/places.h) and ends with plan_finish_env. The plan's lock
 * may be held.
 */
int env_fill_start(struct env *env, struct err *err);
