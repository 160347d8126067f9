/*
 * Tells apart versions of rules_python whose command lines look alike: by the Python files of the
 * rules that call, which are on PYTHONPATH for their own tools. They are only read, never run.
 * Reads the environment.
 */
#pragma once

#include "base/util.h"

enum bazel_rules_answer {
    BAZEL_RULES_UNKNOWN, /* there is no such file: the caller is not rules_python */
    BAZEL_RULES_NO,
    BAZEL_RULES_YES
};

/*
 * Whether `file`, in the package of the module (a dotted name), has `text`. The package is looked
 * for on PYTHONPATH.
 */
enum bazel_rules_answer bazel_rules_mention(const char *module, const char *file, const char *text);
