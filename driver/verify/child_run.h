/*
 * A run in a child process, which may change itself before: this process stays as it is. What comes of
 * it is told in a file of a private directory.
 *
 * For a process with one thread. Signals that end this process end the child's run first; which one it
 * was is in the result.
 */
#pragma once

#include "inputs/options.h"
#include "run/outcome.h"
#include "verify/axes.h"

/* wheel_run, and whatever of it people shall see meanwhile. */
typedef int child_run_fn(const struct wheel_options *options, void *arg,
                         struct outcome *ret_outcome, struct err *err);

struct child_run {
    const struct wheel_options *options;
    const struct axes *axes; /* NULL: none */
    const char *dir;         /* private; exists; what is made in it stays */
    child_run_fn *run;
    void *arg;
};

struct child_result {
    struct run_record record; /* of what was built */
    json_t *lost, *others;    /* as in struct outcome; may be NULL */
    json_t *changed, *kept;   /* of the axes */
    int signal;               /* that ended it; 0: none */
};

void child_result_release(struct child_result *result);

/*
 * 0 when the run came to its end, with whatever failures; else its own error. *ret_result must be zeroed
 * and is the caller's to release in any case.
 */
int child_run(const struct child_run *spec, struct child_result *ret_result, struct err *err);
