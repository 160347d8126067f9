/*
 * The names on which requirements.bzl (written by piptool) and the BUILD files of wheels (written
 * by whltool, in another process) must agree, and strings for Starlark. All results are owned by
 * the caller. Any thread.
 */
#pragma once

#include "base/str.h"
#include "wheel/wheel_name.h"

/* "<name>_pypi__<dist>_<version>" with '-', '.', '+' and '!' of dist and version as '_'. */
char *bazel_repository_name(const char *name, const struct wheel_name *wheel);

/* The target of an extra: its name as in METADATA, with "__extra" after "pkg" and "BUILD". */
char *bazel_extra_target(const char *extra);

/* A key of _requirements: in lower case, with each '-' of the distribution's name as '_'. */
char *bazel_key(const char *dist, const char *extra); /* extra may be NULL */

/*
 * The form in which the generated requirement() looks up a name that is no key: lower case, each
 * run of '-', '_' and '.' as one '_', and none at the start and end.
 */
char *bazel_normalize_key(const char *key);

/* Appends `text` as a string literal. */
void starlark_quote(struct str *out, const char *text);

/*
 * True for a name that may follow "@" in a label. The commands check every name that is put there.
 */
bool bazel_is_repository_name(const char *text);
