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

struct py_probe {
    pid_t pid;
    int answer;
};

/*
 * Starts `executable` once, to see that it runs and is the very installation that is embedded: the
 * same version to the last digit, the same base_prefix and prefix. Begins at once and is finished
 * after py_init, so that it costs no time while pip is imported. Exactly one of finish and drop ends it.
 */
int py_probe_start(const char *executable, struct py_probe *ret, struct err *err);
int py_probe_finish(const char *executable, struct py_probe *probe, struct err *err);
void py_probe_drop(struct py_probe *probe);
