/*
 * Calling the shim (pyshim/entry.py): the few functions that C knows by name. Requests and answers
 * cross as JSON text.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"

/* Puts shim_parent in sys.path, finds pip ("" for any), imports everything, returns the greeting. */
int shim_preload(const char *shim_parent, const char *pip, json_t **ret_greeting, struct err *err);

/*
 * pyshim.entry.<function>(request, fd) -> exit status. The shim catches everything; what escapes it
 * is printed on stderr as a traceback and is status 70.
 */
int shim_run(const char *function, const json_t *request, int fd);
