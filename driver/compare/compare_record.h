/*
 * RECORD, row by row. A row that differs because its file does is no cause of its own; one that differs
 * although the file is the same says that RECORD is wrong on one side.
 */
#pragma once

#include "compare/context.h"

compare_fn compare_record;
