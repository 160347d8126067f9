/*
 * The job directory of a build, R/<dir>: the directories in it, the sdist, the source tree. For B
 * (sandbox.h).
 */
#pragma once

#include <sys/types.h>

#include "sandbox/source_trees.h"
#include "sandbox/spec.h"

#define SANDBOX_JOBSERVER "jobserver" /* in the job directory */

/* The sources, which are opened while the host's paths are still there. */
struct sandbox_sources {
    int archive; /* -1: there is none */
    struct source_trees trees;
};
#define SANDBOX_SOURCES_INIT                                                                       \
    {                                                                                              \
        .archive = -1                                                                              \
    }

int sandbox_open_sources(const struct sandbox_spec *spec, struct sandbox_sources *ret_sources,
                         struct err *err);
void sandbox_close_sources(struct sandbox_sources *sources);
/*
 * Fills an empty job directory. What is made belongs to uid and gid `owner` ((uid_t)-1: to this
 * process). *ret_out: a descriptor of out/.
 */
int sandbox_fill_job(const struct sandbox_spec *spec, const struct sandbox_sources *sources,
                     int job, uid_t owner, int *ret_out, struct err *err);
/*
 * For the modes locked and mapped: opens the job directory of the host and removes what is in it.
 */
int sandbox_open_real_job(const struct sandbox_spec *spec, int *ret_job, struct err *err);
