/*
 * Where the logs of builds lie. While a build runs, its log is a file of the run directory, or of
 * --log-dir. A failed build's log is kept when the run directory goes, in one place of the user's:
 *
 *     $XDG_STATE_HOME/truewheel/log, else ~/.local/state/truewheel/log
 *
 * No more than this is there: what is older, or beyond the number or the bytes, oldest first, goes when
 * the next one comes. Any thread.
 */
#pragma once

#include "build/builder.h"

enum { LOGS_MAX_DAYS = 30, LOGS_MAX_COUNT = 100, LOGS_MAX_BYTES = 128 << 20 };

/*
 * A new path for the log of what is built at R/<dir>: "<dir>.log", and "<dir>-2.log" for what is built
 * there next in this run, be it another attempt or the same sdist with other options. The caller frees.
 */
char *logs_new_path(struct builder *b, const char *dir);

/*
 * Keeps the closed log at `path` of a build that has failed. *ret_kept is where it is to be found; the
 * caller frees. With --log-dir that is where it lies.
 */
int logs_keep(const struct builder *b, const char *path, const char *dir, char **ret_kept,
              struct err *err);
