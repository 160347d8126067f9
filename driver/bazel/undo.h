/*
 * Leaving a directory as it was when a wheel turns out to be bad while it is unpacked: what was not
 * there before is removed again. Only then: after another failure, a full disk, it may have been another
 * process, unpacking the same wheel, that made it, and with success.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"

struct bazel_undo {
    struct strv names; /* of the directory, in which they were missing */
};

/* `name`, a path below dirfd, is about to be written. */
void bazel_undo_note(struct bazel_undo *undo, int dirfd, const char *name);

/* `ret` is what came of the unpacking. Releases. */
void bazel_undo_finish(struct bazel_undo *undo, int dirfd, int ret);
