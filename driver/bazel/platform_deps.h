/*
 * The dependencies of a wheel for several platforms at once, as rules_python's wheel_installer wrote
 * them: those that count everywhere in one list, the others under the condition that Bazel selects
 * them by. A requirement whose marker names no platform and no version is looked at for this machine.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "wheel/wheel_deps.h"

/*
 * `extras` are the requested ones. *ret_deps gets an array of names with '_' (sorted), *ret_select an
 * object {condition: array}; both owned by the caller. ERR_USAGE for a platform that is none.
 */
int platform_deps(const struct wheel_deps *deps, const struct marker_env *env,
                  const struct strv *extras, const struct strv *platforms, json_t **ret_deps,
                  json_t **ret_select, struct err *err);
