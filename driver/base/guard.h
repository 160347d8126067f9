/*
 * A hook for tests. Whatever keeps a build from seeing what varies between machines and runs is a
 * guard with a name (tests/perturb/README.md lists them). TRUEWHEEL_TEST_GUARDS_OFF=name,name in
 * the environment of truewheel switches guards off, so that a test can show that a wheel differs
 * without them. Every process of a run inherits the variable. A run that has it says so on stderr.
 */
#pragma once

#include <stdbool.h>

/* Whether a test has switched this guard off. Any thread. */
bool guard_is_off(const char *name);

/* The names as they were given, for messages and for builds; NULL when all guards are on. */
const char *guards_off(void);
