/*
 * What was found out so far, in a file of JSON lines (docs/published.md): a run that is stopped goes on where
 * it was. A line is written whole when its answer is known; a last one that is cut off does not count.
 * Main thread.
 */
#pragma once

#include "published/result.h"

struct state {
    int fd; /* -1: there is no file */
    struct {
        struct result *items;
        size_t count;
        size_t cap;
    } results;
};

#define STATE_INIT                                                                                 \
    {                                                                                              \
        .fd = -1                                                                                   \
    }
#define auto_state __attribute__((cleanup(state_release)))

/* Reads the file, or makes it. -ERR_FORMAT for a file that is something else. */
int state_open(const char *path, struct state *ret_state, struct err *err);
void state_release(struct state *state);

/* The answer to this question, or NULL. Borrowed. */
const struct result *state_find(const struct state *state, const char *asked, const char *against);
/* Adds a line, unless the result may be another one next time. Without a file nothing happens. */
int state_add(struct state *state, const struct result *result, struct err *err);
