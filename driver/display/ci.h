/*
 * What GitHub's and GitLab's runners make of a job's log: lines between two marks are a group that is
 * shown folded. Sources: docs.github.com "Workflow commands", docs.gitlab.com "Custom collapsible
 * sections".
 *
 * On GitHub a line that begins with "::" is a command to the runner, whoever wrote it. What builds
 * print must not be obeyed, so commands are stopped by a random word while any of it may be shown.
 */
#pragma once

#include "base/str.h"

enum ci { CI_NONE, CI_GITHUB, CI_GITLAB };

/* By the variables that the runners set. */
enum ci ci_find(void);

/* Appends what opens a group, or ends it. `name` is printable. */
void ci_open_group(enum ci ci, const char *name, struct str *out);
void ci_close_group(enum ci ci, const char *name, struct str *out);

/*
 * Appends what makes the runner take no commands from now on, or again. The word is made once a
 * process; nothing for a runner that has no commands.
 */
void ci_stop_commands(enum ci ci, struct str *out);
void ci_take_commands(enum ci ci, struct str *out);

/* On stderr, around what may be of a build: CI_NONE and a runner that has no commands get nothing. */
void ci_begin_quote(void);
void ci_end_quote(void);

/* The file that the runner shows above a job's log (GITHUB_STEP_SUMMARY); NULL: there is none. */
const char *ci_summary_file(void);
