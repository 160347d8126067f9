/* TW2 and TW801 to TW803: the file's name, *.dist-info, and the tags. */
#pragma once

#include "lint/subject.h"

/* The name alone; fills in subject->name. */
void lint_file_name(struct subject *s);
/* Finds *.dist-info; fills in subject->dist_info. */
void lint_dist_info(struct subject *s);
/* METADATA and WHEEL against the file's name. */
void lint_identity(const struct subject *s);
