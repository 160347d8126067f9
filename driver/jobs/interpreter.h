/*
 * The real Python behind truewheel: found when truewheel itself is called "python", and asked for
 * what environment markers need where that is not known from the build. Single-threaded: reads the
 * environment and may fork.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "wheel/marker.h"

/*
 * The name by which this program was called (argv[0]; borrowed). "python3.14" asks for that version,
 * wherever an interpreter is looked for without a name of its own. Before anything else here.
 */
void interpreter_set_own_name(const char *name);

/*
 * The path of the interpreter that `name` means: NULL is TRUEWHEEL_PYTHON, else that of the engine whose
 * version the program's own name has, else that of the default engine. A name without a slash is
 * searched for on PATH. truewheel itself, under any name, is never the answer: a `name` that leads to
 * it means the same as NULL, whatever comes behind it on PATH, or, with a version in it, the
 * interpreter of that engine. ERR_ENVIRONMENT when there is no such engine. As the value of TRUEWHEEL_PYTHON a name is searched for beyond truewheel, and a
 * path to truewheel is an ERR_ENVIRONMENT.
 */
int interpreter_find(const char *name, char **ret_path, struct err *err);

/* True for the file of this process, a link to it or a copy of it. */
bool interpreter_is_truewheel(const char *path);

/* True when the engine that is used by default belongs to it. */
bool interpreter_is_default(const char *path);

/*
 * Replaces the process by the real interpreter with the same arguments and environment. argv[0]
 * becomes its path, because Python finds its prefix by it. Returns only when it fails: ERR_ENVIRONMENT
 * also when this process came here before. To know that, it adds TRUEWHEEL_PYTHON_START to the
 * environment, for any other interpreter than those that have an engine.
 */
int interpreter_exec(char **argv, struct err *err);

/*
 * The values of environment markers for an interpreter found above. Known from the build for the
 * default one, while its file is unchanged; another one is started once.
 */
int interpreter_markers(const char *path, struct marker_env *ret_env, struct err *err);

/* The markers among the strings of an object, as Python names them. Any thread. */
void interpreter_take_markers(const json_t *markers, struct marker_env *ret);
