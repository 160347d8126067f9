/* Descriptors of the whole process. For processes with one thread. */
#pragma once

#include "base/err.h"

/* Closes every descriptor but these (any order, -1 ignored). */
int fds_close_except(const int *keep, size_t count, struct err *err);
