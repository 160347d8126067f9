/*
 * Variables of the caller's that a failed build did not get and may have needed: those whose names stand
 * in its output, and those that its backend's tools read, or that are named like the project. pip's
 * builds see all of them, so a build that works there and fails here is told which, and how to have them.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "plan/work_item.h"

/*
 * Adds to the hint of `err` the options to type for at most a few of them. `extra`: the NAME=VALUE that
 * builds got by --env. A value is shown where it is short, printable and no secret.
 */
void dropped_hint(const struct str *output, const struct build *build, const struct strv *extra,
                  struct err *err);
