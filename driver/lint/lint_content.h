/*
 * Reads each file once, for all that look at contents: damage, digests, copies, native code, traces.
 *
 * Memory as content/content.h has it, for one file at a time.
 */
#pragma once

#include "lint/subject.h"

/* A negative errno for reading and for temporary files. */
int lint_content(const struct subject *s, struct err *err);
