/*
 * The directories of the host that make up a source, and where a build is shown them: in the resolver's
 * description of a source, and in the specification of a sandbox. In JSON it is a list of objects with
 * the field names below.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"

/* Never written to. All strings are owned. */
struct sandbox_tree {
    char *host;  /* absolute */
    char *place; /* below <job>/src; "" is src itself */
    char *omit; /* a file of names below `host` that are not shown, each ended by a NUL; optional */
};

struct sandbox_trees {
    struct sandbox_tree *items; /* in the order in which they are laid over one another */
    size_t count;
    size_t cap;
};

/* -ERR_PROTOCOL when something is missing, or leads elsewhere. The caller releases the list. */
int sandbox_trees_from_json(const json_t *json, struct sandbox_trees *ret_trees, struct err *err);
json_t *sandbox_trees_to_json(const struct sandbox_trees *trees);
void sandbox_trees_copy(struct sandbox_trees *to, const struct sandbox_trees *from);
void sandbox_trees_release(struct sandbox_trees *trees);
