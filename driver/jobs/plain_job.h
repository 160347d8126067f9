/*
 * An engine job that answers with one frame: its request goes in, `done` or an error comes out, with phases
 * and warnings on the way. Any thread; blocks until the job is over.
 */
#pragma once

#include <jansson.h>

#include "jobs/engine.h"
#include "jobs/progress.h"

/* All borrowed. */
struct plain_job {
    struct engine *engine;
    const struct cancel *cancel;
    struct progress *progress;
    const char *log;  /* the file that its output goes to */
    const char *what; /* for people: "lock file" */
};

/*
 * Runs it; takes the request. The final frame is the caller's to release. -ERR_USAGE for what it says of
 * options and names, -ERR_BUILD for whatever else it says is wrong.
 */
int plain_job_run(const struct plain_job *job, json_t *request, json_t **ret_done, struct err *err);
