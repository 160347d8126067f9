/*
 * Where two trees of bytecode differ (content/marshal.h).
 * References can make a small file a huge or endless tree, so a walk ends after MARSHAL_MAX_STEPS values, and
 * goes MARSHAL_MAX_DEPTH deep. Not shared between threads.
 */
#pragma once

#include "base/vec.h"
#include "content/lines.h"
#include "content/marshal.h"

enum { MARSHAL_MAX_STEPS = 20000000, MARSHAL_MAX_FOUND = 200 };

struct marshal_diff {
    const struct marshal *a, *b;
    const struct marshal_code *code;

    bool equal;                                 /* the same values, whatever the bytes */
    bool reordered;                             /* a set has the same values in another order */
    const struct marshal_node *path_a, *path_b; /* the first two names of the source that differ */
    struct lines strings_a, strings_b;          /* strings that differ, in pairs */
    struct strv functions; /* "module.f: code, consts" of each code object that differs otherwise */
    bool gave_up;

    size_t steps;
    int depth;
    struct strv names; /* of the code objects above the one at hand */
};

void marshal_diff_run(struct marshal_diff *w); /* a, b and code are set */
void marshal_diff_release(struct marshal_diff *w);
