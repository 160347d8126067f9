/* Keeping the answer of a run for the next one that is asked the same. */
#pragma once

#include "build/builder.h"
#include "run/outcome.h"

/*
 * At the end of a run that delivered everything, while its builder and plan are still there. Keeps
 * nothing when the answer could not be given again from the store: a tree or repository was built, a
 * build had a network or a toolchain of its own, a file was changed meanwhile. Says so in the log only
 * (-vv): the next run then takes as long as this one. `began_ns`: nanoseconds since the epoch.
 */
void remember_run(struct builder *b, const struct outcome *outcome, int64_t began_ns);
