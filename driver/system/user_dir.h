/*
 * The user's own directories, as the XDG base directory specification has them. Reads the environment
 * and the user database: before the first thread.
 */
#pragma once

#include "base/util.h"

/*
 * "$VARIABLE/truewheel", where the variable is an absolute path (others are to be ignored), else
 * "~/BELOW/truewheel". The caller frees. NULL: there is no home. Root with the home of another user, as
 * sudo leaves it, gets its own: what root makes there the user could not write to.
 */
char *user_dir(const char *variable, const char *below);
