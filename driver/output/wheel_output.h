/*
 * What commands that run builds show of an outcome: the display while it runs, then table, errors, and
 * the exit status; and the files that `wheel` writes for others.
 */
#pragma once

#include <jansson.h>

#include "base/str.h"
#include "inputs/options.h"
#include "run/outcome.h"
#include "jobs/trace.h"
#include "display/display.h"

/* Adds what stands on the command line beside options. */
void wheel_add_requirements(struct wheel_options *options, int argc, char **argv);

/* wheel_run with a display around it, and a trace (or NULL) that watches. */
int wheel_run_shown(const struct wheel_options *options, const struct display_options *display,
                    struct trace *trace, struct outcome *ret_outcome, struct err *err);

/*
 * On stdout the table (package, version, seconds, from where, sha256), and, in the words of pip that
 * scripts look for, where each wheel lies and what was built.
 */
int wheel_print_result(const struct outcome *outcome, struct err *err);

/* The failed builds, or the signal that stopped the run, on stderr; the exit status of the process. */
int wheel_print_failures(const struct outcome *outcome);

/* Of a run that did not come to its end: what it had delivered before, on stderr in one line. */
void wheel_print_delivered(const struct outcome *outcome);

/*
 * Before anything is built: whether the file that this option names can be written, as far as that can
 * be seen. "-" and NULL can. Its directory is there, or in one of `made`, which the run makes (NULL: none).
 */
int wheel_check_file(const char *option, const char *path, const struct strv *made,
                     struct err *err);

/* The same for the directories of wheels, of files and of logs, which may be still to be made. */
int wheel_check_dirs(const struct wheel_options *options, struct err *err);

/* Writes bytes, or JSON, to a file, at once or not at all; "-" is stdout. */
int wheel_write_bytes(const struct str *bytes, const char *path, struct err *err);
int wheel_write_json(const json_t *json, const char *path, struct err *err);

/*
 * Whether --lock can be written and --locked obeyed as far as is known before the run, with so many
 * requirements on the command line: ERR_USAGE.
 */
int wheel_check_locks(const struct wheel_options *options, int requirements, struct err *err);

/* Writes the record of each wheel that was delivered beside it. */
int wheel_write_beside(const struct outcome *outcome, struct err *err);

/* Whether make can be told the names that are known before the run: ERR_USAGE. */
int wheel_check_depfile(const struct wheel_options *options, struct err *err);
/*
 * A Makefile rule: every wheel depends on what is known of all of them (record/depends.h). `files` are
 * other output files of the run, which may lie in a tree that was built.
 */
int wheel_write_depfile(const struct outcome *outcome, const struct wheel_options *options,
                        const struct strv *files, const char *path, struct err *err);
