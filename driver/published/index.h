/*
 * The index, asked through an engine of its own that lives as long as the questions: what is published of
 * a project, fetched, with the times of upload. Main thread; before and between runs (run/wheel_run.h).
 */
#pragma once

#include <jansson.h>

#include "system/tmp.h"
#include "inputs/options.h"
#include "jobs/engine.h"
#include "jobs/environment.h"
#include "jobs/progress.h"

struct published_index {
    struct environment environment;
    struct engine engine;
    struct cancel cancel;
    struct tmp_dir tmp;
    char *log;
    struct progress *progress;
    struct strv args; /* of pip: where files are found; complete after index_list */
};

#define PUBLISHED_INDEX_INIT                                                                       \
    {                                                                                              \
        .environment = ENVIRONMENT_INIT, .engine = ENGINE_INIT, .cancel = {.fd = -1},              \
        .tmp = TMP_DIR_INIT                                                                        \
    }

/* index_close in any case. Options: pip_args (where files are found), python, pip. */
int index_open(struct published_index *index, const struct wheel_options *options,
               struct progress *progress, struct err *err);
void index_close(struct published_index *index);

/* Those of requirements files are added to `asked`. */
int index_list(struct published_index *index, const struct strv *files, struct strv *asked,
               struct err *err);

/*
 * Fetches into `dir`, an empty private directory; the answer (docs/engine-protocol.md) is the caller's.
 * `file`: the name of a wheel that is here, or NULL. `against`: where the wheel is to come from, or NULL.
 */
int index_fetch(struct published_index *index, const char *asked, const char *file,
                const char *against, const char *dir, json_t **ret_answer, struct err *err);
