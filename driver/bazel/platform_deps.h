/*
 * The dependencies of a wheel for several platforms at once, as rules_python's wheel_installer
 * wrote them: those that count on every platform in one list, the others in lists under the
 * conditions of a Bazel select(). A marker that uses neither the platform nor the version is
 * evaluated for this machine.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "wheel/wheel_deps.h"

/*
 * `extras` are the requested ones. *ret_deps is an array of names as bazel_normalize_key() writes
 * them, sorted; *ret_select is an object {condition: such an array}. Both are new references.
 * ERR_USAGE when one of `platforms` is not the name of a platform.
 */
int platform_deps(const struct wheel_deps *deps, const struct marker_env *env,
                  const struct strv *extras, const struct strv *platforms, json_t **ret_deps,
                  json_t **ret_select, struct err *err);
