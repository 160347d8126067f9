/*
 * The sentence that a run ends with: how many wheels are where, how many of them were built, what the
 * store has saved. On stderr, for people; nothing of it is meant for scripts.
 */
#pragma once

#include <stdint.h>

#include "run/outcome.h"

/* `ms`: how long the run took. Nothing for a run that delivered nothing. */
void summary_print(const struct outcome *outcome, int64_t ms);

/*
 * In a step of GitHub's, appends a table of the wheels to what is shown above the step's log
 * (GITHUB_STEP_SUMMARY). Where that cannot be, a warning says so.
 */
void summary_add_to_step(const struct outcome *outcome, int64_t ms);
