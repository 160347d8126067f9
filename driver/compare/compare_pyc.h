/*
 * Compiled Python modules: the header field by field, then the code objects, whose tree is walked on
 * both sides: which functions differ, in which of their fields, and whether values are the same in
 * another order or with other back references only. What needs no version of Python is compared for
 * all of them, the code for those of content/marshal.h.
 */
#pragma once

#include "compare/context.h"

compare_fn compare_pyc;
