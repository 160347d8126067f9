/*
 * Starting the embedded interpreter, once, in a process with one thread.
 *
 * Isolated configuration in UTF-8 mode, no site, no .pth files, no signal handlers; `executable` is a
 * real interpreter of the same version, because pip and build backends start sys.executable. What
 * came out is checked, since a libpython started carelessly can pick another installation's
 * standard library without a word.
 */
#pragma once

#include "base/err.h"

/* `executable`: the full path of the interpreter that sys.executable shall be. */
int py_init(const char *executable, struct err *err);

/*
 * Starts `executable` once to see that it runs and is the version that is embedded. Begins at once
 * and is finished later, so that it costs no time while pip is imported.
 */
int py_probe_start(const char *executable, pid_t *ret_pid, struct err *err);
int py_probe_finish(const char *executable, pid_t pid, struct err *err);
