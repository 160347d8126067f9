/*
 * The Python that Bazel's rules build for: the interpreter that answers their probes (jobs/interpreter.h)
 * and the engine of its version are one. Single-threaded: may start the interpreter.
 */
#pragma once

#include "base/err.h"
#include "wheel/marker.h"

/*
 * The markers of the interpreter that `name` (NULL: none) means. *ret_engine, unless NULL, is the name
 * of its engine, "3.11", which points into *ret_env: -ERR_ENVIRONMENT when it is no CPython.
 */
int bazel_target(const char *name, struct marker_env *ret_env, const char **ret_engine,
                 struct err *err);
