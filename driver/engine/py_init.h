/*
 * Starting the embedded interpreter, once, in a process with one thread.
 *
 * It has the isolated configuration in UTF-8 mode, without site, .pth files and signal handlers.
 * sys.executable is a real interpreter of the same version, because pip and build backends start
 * it. The result is checked: a libpython may silently use the standard library of another
 * installation.
 */
#pragma once

#include "base/err.h"
#include "system/capture.h"

/* `executable`: the full path of the interpreter that sys.executable shall be. */
int py_init(const char *executable, struct err *err);

/*
 * Runs `executable` once, to see that it works and belongs to the very installation that is
 * embedded: the same version to the last digit, the same base_prefix and prefix. It is started
 * before py_init() and asked after it, so that it runs while pip is imported. A probe that was
 * started ends with py_probe_finish() or with capture_abandon().
 */
int py_probe_start(const char *executable, struct capture *ret_probe, struct err *err);
int py_probe_finish(const char *executable, struct capture *probe, struct err *err);
