/*
 * The rules_python that calls: its own Python files, which it offers its tools on PYTHONPATH, tell
 * versions apart whose command lines look alike. Only read, never run. Reads the environment.
 */
#pragma once

#include "base/util.h"

enum bazel_rules_answer {
    BAZEL_RULES_UNKNOWN, /* no such file: somebody else calls */
    BAZEL_RULES_NO,
    BAZEL_RULES_YES
};

/* Whether `file` beside the (dotted) module, where an interpreter would find it, has `text`. */
enum bazel_rules_answer bazel_rules_mention(const char *module, const char *file, const char *text);
