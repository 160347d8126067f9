/*
 * Where an engine and what it reads lie. A home is a build directory or an installation's prefix:
 *
 *     build directory   HOME/truewheel-engine-X.Y                      HOME/share/truewheel
 *     prefix            HOME/libexec/truewheel/truewheel-engine-X.Y    HOME/share/truewheel
 *
 * The running program's own directory (or, installed, the one above its bin/) is tried first, so that
 * an installation may be moved as a whole. A copy of the program alone (Bazel makes them) has no
 * engine beside it: it uses the prefix, then the build directory, that it was built for.
 * TRUEWHEEL_HOME names another home, and then the only one.
 *
 * A copy may lie anywhere, also where others can write beside it, and a build directory may be gone
 * and its name somebody else's: what another user has put there is never run (safe_path_check).
 * Single-threaded: reads the environment.
 */
#pragma once

#include "base/err.h"

struct engine_place {
    char *engine; /* the executable; owned, absolute like the other */
    char *data;   /* the directory that holds pyshim and pip */
};

/* "3.11" of "3.11", "python3.11" and "/usr/bin/python3.11"; NULL for anything else. The caller frees. */
char *engine_version_in(const char *python);

/* `python`: "3.11", an interpreter's path, or NULL for the default. */
int engine_place_find(const char *python, struct engine_place *ret_place, struct err *err);
void engine_place_release(struct engine_place *place);
