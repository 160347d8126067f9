/* What people and programs see of comparisons (compare/comparison.h): text, and JSON. */
#pragma once

#include <jansson.h>

#include "base/str.h"
#include "compare/comparison.h"

/* Two wheels and what was found; a path is NULL where a wheel has no partner. */
struct shown_diff {
    const char *a, *b;
    const struct comparison *comparison;
    bool is_gone; /* one of them is not there any more: nothing else can look at both */
};

/* On stdout, with what to run where it cannot tell more. */
void diff_print(const struct shown_diff *shown);
/* A new object; docs/diff.md says what is in it. */
json_t *diff_to_json(const struct shown_diff *shown);
/* The causes that follow from no other, each once: "build-date, random-id". Nothing where none is told. */
void diff_list_causes(const struct comparison *c, struct str *out);
/* All causes with their sentences, one a line, on stdout. */
void diff_print_causes(void);
