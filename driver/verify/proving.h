/*
 * `wheel --prove`: wheels are held back in a private directory, proven there, and delivered with what was
 * found in their records. A run that does not come to its end delivers nothing.
 */
#pragma once

#include "system/tmp.h"
#include "verify/verify.h"

struct proving {
    struct tmp_dir hold;
    struct verification found; /* of what was built once more */
};

#define PROVING_INIT                                                                               \
    {                                                                                              \
        .hold = TMP_DIR_INIT                                                                       \
    }

/* Lets a run that has not begun hold its wheels back. -ERR_USAGE for options that do not go with it. */
int proving_begin(struct proving *proving, struct wheel_options *options, struct err *err);
/* After the run: proves, and delivers. A signal meanwhile is one of the run's. `run` as in child_run. */
int proving_finish(struct proving *proving, const struct wheel_options *options, child_run_fn *run,
                   void *arg, struct outcome *outcome, struct err *err);
void proving_release(struct proving *proving);
