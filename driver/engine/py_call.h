/*
 * Calling the shim (pyshim/entry.py): the few functions that C knows by name. Requests and answers
 * cross as JSON text.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"

/*
 * Puts shim_parent in sys.path, finds pip (in the directory or wheel `pip`; "": wherever there is
 * one) and imports what jobs need. *ret_greeting is a new reference: what the engine tells the
 * driver.
 */
int shim_preload(const char *shim_parent, const char *pip, json_t **ret_greeting, struct err *err);

/*
 * Calls pyshim.entry.<function>(request, fd), which returns an exit status. The shim catches every
 * exception; if one escapes, its traceback is printed on stderr and the status is 70.
 */
int shim_run(const char *function, const json_t *request, int fd);
