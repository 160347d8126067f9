/* A Makefile rule that says what wheels depend on, for an include in somebody's Makefile. */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

/*
 * "TARGET… : INPUT…", and for each input an empty rule of its own, so that one that is gone does not
 * stop make. Names are quoted as GNU make reads them (its manual: "Rule Syntax", "Wildcards"; what the
 * manual leaves open was tried with 4.3). ERR_USAGE for one that it cannot be told.
 */
int depfile_write(const struct strv *targets, const struct strv *inputs, struct str *out,
                  struct err *err);

/* Whether a rule may have this name. ERR_USAGE, with what to do. */
int depfile_check_name(const char *name, struct err *err);
