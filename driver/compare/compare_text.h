/*
 * Texts, by their lines, and other things that are lists of strings. Each change is classified
 * (compare/classify.h); for each cause there is one finding, with the lines that show it.
 */
#pragma once

#include "compare/context.h"
#include "content/lines.h"

compare_fn compare_text;

/* Strings that are no lines of a text: those of a section, of bytecode, of a binary file. */
struct string_lists {
    const char *where, *part;
    const struct lines *a, *b;
    enum cause path_cause; /* what a path in them is: CAUSE_BUILD_PATH, CAUSE_FILE_MACRO, … */
    bool follows;
};

/* True when every difference has a cause that is not vague. Text that differs otherwise adds nothing. */
bool compare_string_lists(struct context *c, const struct string_lists *lists);
