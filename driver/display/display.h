/*
 * What a person sees of a run while it goes on, on stderr: on a terminal one line for each job that runs
 * (package, phase, seconds) and a total, redrawn; elsewhere a plain line when something begins and
 * ends; nothing when quiet. Colours only on a terminal and without NO_COLOR (no-color.org).
 *
 * A display watches a progress and takes the log's lines, so that a warning never lands between two
 * drawings of the same lines. Made and ended by the main thread.
 */
#pragma once

#include "jobs/progress.h"

struct display;

struct display_options {
    bool quiet;
    bool no_color;
    int verbose;
};

/* Also sets the level of the log, and becomes its sink until display_end. */
struct display *display_begin(const struct display_options *options, struct progress *progress);
/* Takes the job lines off the screen and frees; accepts NULL. Call it before anything else is printed. */
void display_end(struct display *display);
