/* A pending Python exception as a struct err: one line as message, the traceback as detail. */
#pragma once

#include "base/err.h"

/*
 * Clears the pending exception (there must be one) and puts it into err. Does not exit on
 * SystemExit.
 */
int py_error_fetch(struct err *err);
