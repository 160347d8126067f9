/*
 * Which compiler the builds will use: an input of every compiled wheel, so it is named in the record.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"

/*
 * The first line of `cc --version`, of the compiler that CC names (in `extra`, NAME=VALUE strings, or
 * the environment) or `cc`, on the PATH that builds get; "" when there is none, or when stop_fd
 * becomes readable. The caller frees. Starts a program: call it while there is one thread.
 */
char *compiler_identity(const struct strv *extra, int stop_fd);
