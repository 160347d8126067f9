/*
 * TW6: extension modules and libraries against the tags of the file's name.
 *
 * Forks, to read ELF files: for a process with one thread.
 */
#pragma once

#include "content/kind.h"
#include "lint/subject.h"

/* `bytes` is native code of that kind. A negative errno when the reader cannot be started. */
int lint_native(const struct subject *s, const char *name, enum content_kind kind,
                const char *bytes, size_t len, struct err *err);
