/*
 * The lock of a run, from its builder and its plan: what was chosen, and for each sdist that was built on
 * the way what its build environment holds, what the backend asked for included (docs/lock.md).
 */
#pragma once

#include "build/resolve.h"

/*
 * Writes `file` and the files beside it; one that is the same already is left alone. All builds of the
 * resolution must be done. -ERR_BUILD names what cannot be locked; then nothing is written.
 */
int make_lock(struct builder *builder, const struct resolution *resolution, const char *file,
              struct err *err);
