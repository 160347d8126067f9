/* tar archives and static libraries: member by member, with times, owners, modes and order. */
#pragma once

#include "compare/context.h"

compare_fn compare_tar;
compare_fn compare_ar;
