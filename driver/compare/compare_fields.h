/* METADATA and WHEEL, field by field; a description by its lines. */
#pragma once

#include "compare/context.h"

/* Whether a file of *.dist-info is one of these. */
bool compare_fields_reads(const char *name);

compare_fn compare_fields;
