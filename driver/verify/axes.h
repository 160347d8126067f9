/*
 * What a rebuild changes about its circumstances: the axes. They are called as those of the tests
 * (tests/perturb), as far as one process can change them about itself. None of them is an input of a
 * build, so none may reach a wheel.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "inputs/options.h"

enum { AXES_MAX = 32 };

/* Which ones, by their place in the table. */
struct axes {
    bool on[AXES_MAX];
};

/* What they change: this process, which is a child made for it, and the options of its run. */
struct changed_world {
    const char *dir; /* private and empty: homes and the like are made below it */
    struct wheel_options *options;
    json_t *changed; /* a list of names: what was changed */
    json_t *kept;    /* name to text: what could not be, and why */
};

/* "default", "all", "none", or names separated by commas. -ERR_USAGE lists the names. */
int axes_parse(const char *text, struct axes *ret_axes, struct err *err);

/* The axis at a place; false behind the last one. */
struct axis_info {
    const char *name, *text;
    bool is_default;
};
bool axes_describe(size_t index, struct axis_info *ret_info);

/*
 * Changes what is on. What this user or machine cannot change is noted and no error. Only for a process
 * that ends with its run.
 */
int axes_apply(const struct axes *axes, struct changed_world *world, struct err *err);
