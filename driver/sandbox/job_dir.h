/* The job directory: its parts, the sdist, the source tree. */
#pragma once

#include <sys/types.h>

#include "sandbox/spec.h"

#define SANDBOX_JOBSERVER "jobserver" /* in the job directory */

/* The sources, opened before the host disappears. */
struct sandbox_sources {
    int archive;
    int tree;
};
#define SANDBOX_SOURCES_INIT                                                                       \
    {                                                                                              \
        -1, -1                                                                                     \
    }

int sandbox_open_sources(const struct sandbox_spec *spec, struct sandbox_sources *ret,
                         struct err *err);
void sandbox_close_sources(struct sandbox_sources *sources);
/* Fills an empty job directory. owner: (uid_t)-1 leaves it as it is. *ret_out: out/, opened. */
int sandbox_fill_job(const struct sandbox_spec *spec, const struct sandbox_sources *sources,
                     int job, uid_t owner, int *ret_out, struct err *err);
/* Locked and mapped: opens and empties the real job directory. */
int sandbox_open_real_job(const struct sandbox_spec *spec, int *ret_job, struct err *err);
