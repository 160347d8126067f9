/* TW5: what is installed, and where: the names of the files. Copies need their digests. */
#pragma once

#include "base/sha256.h"
#include "lint/subject.h"

void lint_layout(const struct subject *s);

/*
 * Files that are there twice below different top-level names; `digests` has one for each entry, in
 * order.
 */
void lint_copies(const struct subject *s, const uint8_t (*digests)[SHA256_BYTES]);
