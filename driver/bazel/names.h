/*
 * The names that requirements.bzl and the BUILD files of wheels must agree on, and text for Starlark.
 * piptool writes the one, whltool the other, in different processes at different times: what both
 * need is here. All results are owned by the caller. Any thread.
 */
#pragma once

#include "base/str.h"
#include "wheel/wheel_name.h"

/* "<name>_pypi__<dist>_<version>" with '-', '.', '+' and '!' of dist and version as '_'. */
char *bazel_repository_name(const char *name, const struct wheel_name *wheel);

/* The target of an extra: its name as in METADATA, unless that is taken ("pkg", "BUILD"). */
char *bazel_extra_target(const char *extra);

/* A key of _requirements: lower case, with '-' as '_' in the distribution's name. */
char *bazel_key(const char *dist, const char *extra); /* extra may be NULL */

/* What the generated requirement() makes of a name that is no key: runs of separators are one '_'. */
char *bazel_spelling(const char *key);

/* Appends a string literal. */
void starlark_quote(struct str *out, const char *text);

/* True for what may follow "@" in a label; everything that is put there was checked with this. */
bool bazel_is_repository_name(const char *text);
