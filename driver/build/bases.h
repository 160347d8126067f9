/*
 * What the answers of a run's resolvers rest on (pyshim/basis.py), all of them together: the user's own
 * requirements and those of every build environment. Resolvers add to it on their threads.
 */
#pragma once

#include <jansson.h>
#include <pthread.h>

#include "base/vec.h"

struct bases {
    pthread_mutex_t lock;
    struct strv files;       /* (lock) absolute paths that were read, or would be were they there */
    struct strv directories; /* (lock) whose listings count */
    char *why_not;           /* (lock) why no answer can be remembered; NULL: they can */
    bool closed;             /* (lock) no index had a say in what the user's requirements came to */
};

#define BASES_INIT                                                                                 \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER                                                          \
    }

/* `basis` is a resolver's field, or NULL; `root`: of the user's own requirements. Any thread. */
void bases_add(struct bases *bases, const json_t *basis, bool root);
void bases_release(struct bases *bases);
