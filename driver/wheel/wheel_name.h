/*
 * The file name of a wheel, {dist}-{version}[-{build}]-{python}-{abi}-{platform}.whl, and the rules
 * by which names and versions are compared. Pure text; any thread. Source of the rules: the binary
 * distribution format specification (PEP 427, 491) and name normalisation (PEP 503).
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"

struct wheel_name {
    char *dist;    /* as written, e.g. "Foo_Bar" */
    char *version; /* as written, e.g. "1.0+local.1" */
    char *build;   /* with its leading digit, or NULL */
    char *python;  /* tag sets: "py2.py3" */
    char *abi;
    char *platform;
};

#define WHEEL_NAME_INIT                                                                            \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_wheel_name __attribute__((cleanup(wheel_name_release)))

/*
 * Parses the last component of `file`. Fails with ERR_FORMAT, saying why, on what `packaging`, and so
 * pip, refuses ("__" in the project's name, a version that is none, empty tags), and on anything but a
 * plain name: only letters, digits and "._+!", at most 255 bytes. *ret_name is only set on success.
 */
int wheel_name_parse(const char *file, struct wheel_name *ret_name, struct err *err);
void wheel_name_release(struct wheel_name *name); /* accepts an empty one */

/* PEP 503: lower case, each run of '-', '_' and '.' is one '-'. Owned by the caller. */
char *wheel_dist_canonical(const char *dist);

/* The same project, however it is spelled. */
bool wheel_dist_equal(const char *a, const char *b);
/* Whether the list has that project, however either is spelled. */
bool wheel_dist_in_list(const struct strv *projects, const char *dist);

/*
 * The same version: equal under PEP 440 ("1.0" and "1.0.0"), where '_' may stand for '-' as in names of
 * files; or, when neither text is a PEP 440 version, equal but for case and escaping ('-', '_' and '.'
 * in place of each other).
 */
bool wheel_version_equal(const char *a, const char *b);

/* True when the wheel is of that project and version, both in any spelling; NULL matches all. */
bool wheel_name_matches(const struct wheel_name *name, const char *dist, const char *version);

/*
 * "{dist}-{version}.dist-info" belongs to this wheel. `dir` is the directory's name without a
 * slash.
 */
bool wheel_name_owns_dist_info(const struct wheel_name *name, const char *dir);
