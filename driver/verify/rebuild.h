/*
 * The wheels of a record, built once more from what the record names: sources and build requirements by
 * their hashes, for the same Python. First all of it is fetched, as the user is; then
 * it is built in a process that has changed its circumstances.
 */
#pragma once

#include "verify/child_run.h"

struct rebuild_spec {
    const struct run_record *record;
    const struct wheel_options *given; /* the caller's: where files are found, -j, --env, … */
    bool trusted; /* variables, --bind, --mode, build root and the like are those of the record */
    const struct axes *axes;
    const char *dir; /* private; made by this call, and the caller's to remove */
    child_run_fn *run;
    void *arg;
};

/*
 * *ret_result as child_run has it, `lost` with what could not be fetched. The wheels lie in
 * `<dir>/wheels`. An error says why nothing could be built.
 */
int rebuild(const struct rebuild_spec *spec, struct child_result *ret_result, struct err *err);
