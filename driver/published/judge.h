/*
 * From the differences between a published wheel and the one that its sdist builds to a verdict and its
 * causes. Pure; any thread.
 */
#pragma once

#include "compare/comparison.h"
#include "published/result.h"

/* Why a published wheel is not what its sdist builds, the most likely one first where there are several. */
enum published_cause {
    WHY_LINE_ENDS,
    WHY_NOT_IN_SDIST,
    WHY_NOT_INSTALLED,
    WHY_EXTRA_FILE,
    WHY_GENERATED,
    WHY_OTHER_SOURCE,
    WHY_BUILD_PATH,
    WHY_BUILD_DATE,
    WHY_PYTHON,
    WHY_NATIVE,
    WHY_HASH_ORDER,
    WHY_TAG,
    WHY_TOOL_VERSION,
    WHY_ARCHIVE,
    WHY_METADATA,
    WHY_COUNT
};

/* "not-in-sdist", and a sentence without a full stop. */
const char *published_cause_id(enum published_cause cause);
const char *published_cause_text(enum published_cause cause);
/* The sentence of an identifier; NULL for one of others. */
const char *published_cause_find(const char *id);

/*
 * `a` is the published one; `names` are the files of the sdist, sorted. Sets verdict, causes and but_for.
 * Returns how much differs: less is closer.
 */
size_t judge_differences(const struct comparison *comparison, const struct strv *names,
                         struct result *result);
