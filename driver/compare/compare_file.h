/* Finds out what a file is and calls the comparer of its kind; what that leaves unsaid, bytes tell. */
#pragma once

#include "compare/context.h"

compare_fn compare_file;
