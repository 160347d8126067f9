/* TW1 and TW805, TW807: the archive, by its own headers. */
#pragma once

#include "lint/subject.h"

/*
 * Judges the headers of a plain archive (subject.layout), whatever else is wrong with it; true when
 * nothing was found that keeps wheel_zip from reading it.
 */
bool lint_headers(const struct subject *s);
/* Names that other systems cannot have, modes, and the ratio. */
void lint_names(const struct subject *s);
