/* gzip files: the header's time, name and system, and the content as a file of its own. */
#pragma once

#include "compare/context.h"

compare_fn compare_gzip;
