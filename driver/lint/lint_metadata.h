/* TW3, TW804 and TW806: METADATA, WHEEL and entry_points.txt. */
#pragma once

#include "lint/subject.h"

/* Reads METADATA and WHEEL into the subject. */
void lint_read_metadata(struct subject *s);
/* The fields of METADATA. */
void lint_metadata(const struct subject *s);
