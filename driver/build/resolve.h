/*
 * pip's resolver as one engine job: which wheels and sdists satisfy a list of requirements. Sdists
 * that it has to look into become builds of the plan while it still runs, and with `ahead` those that
 * it is likely to look into (pyshim/ahead.py); those with static metadata do not make it wait.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "base/vec.h"
#include "build/builder.h"

struct resolve_request {
    struct strv args; /* for pip's wheel command */
    const char *what; /* for messages: "requirements", "build requirements of …" */
    bool from_source;
    bool ahead;          /* start what it would choose first before it asks */
    bool keep_going;     /* an sdist without metadata does not end the resolution */
    struct env *for_env; /* whose requirements these are; NULL: the user's own */
};

struct resolved {
    char *project; /* canonical name */
    char *version;
    struct build *build;     /* borrowed from the plan; NULL for a wheel */
    struct wheel_file wheel; /* when build is NULL */
    json_t *extras;          /* that were asked for, a list; NULL: none */
    char *yanked;            /* why the index has yanked the file; NULL: it has not */
};

struct resolution {
    struct resolved *items;
    size_t count;
    size_t cap;
    char *wheel_dir;            /* what pip's configuration says; NULL when it says nothing */
    json_t *report;             /* pip's installation report; may be NULL */
    const struct build *failed; /* the one whose failure ended the resolution; NULL: none did */
};

/*
 * Blocks until the resolver is done. Errors are pip's own, in one line; -ERR_USAGE for bad options
 * and requirement files, -ERR_NOT_FOUND for what cannot be resolved, -ERR_INDEX for an index that
 * does not answer.
 */
int resolve_run(struct builder *builder, const struct resolve_request *request,
                struct resolution *ret_resolution, struct err *err);

void resolution_release(struct resolution *resolution);
