/*
 * A failed build that missed a file which this machine has, and builds do not see: a toolchain in a place
 * of its own that nothing named. What the build printed is a claim, so only what lies outside of homes
 * and other places of users' data is ever proposed: no build can talk a user into showing a secret.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "sandbox/spec.h"

/* Adds a hint, unless err has one. `binds` are what the build of the project was shown. */
void unseen_hint(const struct str *output, const struct sandbox_binds *binds, const char *project,
                 struct err *err);
