/* A pending Python exception as a struct err: one line as message, the traceback as detail. */
#pragma once

#include "base/err.h"

/* Takes the pending exception (there must be one) and clears it. Never exits, not on SystemExit. */
int py_error_fetch(struct err *err);
