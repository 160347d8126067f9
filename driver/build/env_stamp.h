/*
 * Whether a build environment is still what was laid out, in the modes in which a build could change it:
 * checked before a build uses it and after. The stamp is a digest of what a listing shows, with inode
 * numbers and the times of the last change (ctime), which nobody but root can set: a file that was changed
 * and changed back shows as well, so that a build cannot serve another one a moment of poison. No content
 * is read.
 *
 * Any thread. A path is added before any build uses it.
 */
#pragma once

#include <pthread.h>

#include "base/err.h"
#include "base/sha256.h"

struct env_stamp;

struct env_stamps {
    pthread_mutex_t lock;
    struct env_stamp *first; /* (lock) */
};

void env_stamps_init(struct env_stamps *ret_stamps);
void env_stamps_release(struct env_stamps *stamps);

/* Takes the environment as it is now for what it has to be. */
int env_stamps_add(struct env_stamps *stamps, const char *path, struct err *err);
/* -ERR_BUILD: it has been changed since. 0 for a path that was not added. */
int env_stamps_check(struct env_stamps *stamps, const char *path, struct err *err);
