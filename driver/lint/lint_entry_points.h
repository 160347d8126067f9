/* TW309: entry_points.txt (the entry points specification). */
#pragma once

#include "lint/subject.h"

void lint_entry_points(const struct subject *s);
