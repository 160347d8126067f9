/*
 * Is a published wheel what its sdist builds? The sdist is built with the tools that the wheel names and the
 * index as it was when the wheel was uploaded, and both wheels are compared in normal form
 * (docs/published.md).
 *
 * Main thread; takes over the process's signals while it builds (run/wheel_run.h).
 */
#pragma once

#include "published/index.h"
#include "published/result.h"

struct published_question {
    const struct wheel_options *options; /* how builds run */
    const char
        *against; /* a directory or the URL of an index that has the wheels; NULL: the index */
};

/*
 * One requirement or wheel. 0 with *ret_result filled, whatever came of it; negative when this machine can
 * not answer (-ERR_ENVIRONMENT), or the question is none (-ERR_USAGE). *ret_signal: that stopped it, and nothing is
 * known; 0: none.
 */
int verify_published(const struct published_question *question, struct published_index *index,
                     const char *asked, struct result *ret_result, int *ret_signal,
                     struct err *err);
