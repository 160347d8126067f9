/*
 * Which package of a distribution has a header, a library, a pkg-config file or a program. Data, and as
 * such never complete: what is not there is named without its package. Any thread.
 */
#pragma once

#include "base/str.h"

enum thing { THING_NONE, THING_HEADER, THING_LIBRARY, THING_MODULE, THING_PROGRAM };

/*
 * `name` as it was asked for: "ffi.h", "ffi" (of -lffi), "libffi" (of libffi.pc), "cmake"; a
 * program also by its path, or behind a target, as in x86_64-linux-gnu-gcc.
 */
struct package {
    const char *things;
    const char *debian, *fedora, *alpine;
};

/* NULL: it is not known. */
const struct package *package_of(enum thing thing, const char *name);

/* The id of the cause when the program of this package is missing; NULL: it is a program as others. */
const char *package_cause(const struct package *package);

/* Adds "Debian: libffi-dev; Fedora: libffi-devel; Alpine: libffi-dev". */
void package_describe(const struct package *package, struct str *out);
