/*
 * Who wrote a wheel: the `Generator` of its WHEEL file, and the project on an index that this is a version
 * of. Pure text; any thread.
 */
#pragma once

#include "base/util.h"

struct generator {
    char *project; /* owned; NULL: nobody that is known */
    char *version; /* owned */
    bool
        setuptools_unnamed; /* bdist_wheel before setuptools had its own: its version is not told */
};

#define auto_generator __attribute__((cleanup(generator_release)))

/* `text` as in WHEEL, "bdist_wheel (0.37.0)" or "flit 3.9.0"; NULL: there is none. */
void generator_parse(const char *text, struct generator *ret_generator);
void generator_release(struct generator *generator);
