/*
 * One engine job about lock files (docs/lock.md): pyshim writes and reads them, with packaging's own
 * model of PEP 751, and fetches what they name. Any thread; blocks until the job is over.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "jobs/engine.h"
#include "jobs/progress.h"

/* What a job needs of the run. All borrowed. */
struct lock_place {
    struct engine *engine;
    const struct cancel *cancel;
    struct progress *progress;
    const char *log;      /* where its output goes: a file of the run directory */
    const char *compiler; /* who it says it is; "" for none */
};

/* ERR_USAGE for a name that PEP 751 does not have: pylock.toml, pylock.NAME.toml. */
int lock_check_name(const char *path, struct err *err);

/* What a lock is for and with what it was made, as texts. A new object. */
json_t *lock_facts(const struct lock_place *place);

/*
 * Runs it; takes the request. The final frame is the caller's to release. -ERR_USAGE for a lock file's
 * name and for options that have no place there, the code of its kind (jobs/kinds.h) for whatever else
 * it says is wrong.
 */
int lock_job_run(const struct lock_place *place, json_t *request, json_t **ret_done,
                 struct err *err);
