/*
 * Test hook. Each thing that keeps a build from seeing what varies is a guard with a name;
 * pyshim/guards.py lists them and says what each does. TRUEWHEEL_TEST_GUARDS_OFF=name,name in the
 * environment of truewheel switches guards off, so that a test can show that a wheel would differ
 * without them. Every process of a run inherits the variable. A run with it says so on stderr.
 * Any thread.
 */
#pragma once

#include "base/err.h"

/* Whether a test has switched this guard off. The name must be one of the table's. */
bool guard_is_off(const char *name);

/* The names as they were given, for messages and for builds; NULL when all guards are on. */
const char *guards_off(void);

/*
 * -ERR_USAGE for a name that is not in the table: with it the test would pass while every guard is
 * on. Called before anything is started.
 */
int guards_check(struct err *err);
