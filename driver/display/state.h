/*
 * What the display*.c files share: the jobs that are under way, and how they are shown. Nobody else
 * includes this.
 *
 *     display.c  what is told by a progress, noted
 *     drawing.c  lines that are redrawn on a terminal
 *     plain.c    lines for a pipe or a log: begun, still running, what a build prints
 */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "base/str.h"
#include "jobs/progress.h"
#include "display/ci.h"

enum style { STYLE_QUIET, STYLE_PLAIN, STYLE_TERMINAL };

/* A job that is under way. */
struct line {
    const void *id;
    enum progress_kind kind;
    char *what;
    char *phase;
    char *step;      /* how far its build tool is ("[17/230]"); NULL: it has not said */
    char *printed;   /* the last line that it printed; NULL: nothing yet */
    bool waits;      /* for a slot: it does not run */
    int64_t word_ms; /* when a person last heard of it; `since_ms` at first */
    int64_t since_ms;
    struct str held;  /* what it printed, for a group of its own (ci.h) */
    size_t held_back; /* bytes that had no room there */
};

struct display {
    enum style style;
    enum ci ci;
    bool colour;
    bool ascii; /* the terminal has no UTF-8 */
    int verbose;
    int64_t heartbeat_ms; /* 0: never */
    int64_t start_ms;
    pthread_mutex_t lock; /* guards everything below, and stderr */
    struct line *items;
    size_t count, cap;
    size_t drawn; /* lines on the screen now */
    struct progress_totals totals;
    int64_t totals_ms; /* when they were told */
};

/* All under the lock. */

/* --- drawing.c --- */

/* Takes the lines off the screen: what brings the cursor there goes to `out`. */
void drawing_clear(struct display *display, struct str *out);
/* Draws them anew. */
void drawing_redraw(struct display *display);

/* --- plain.c --- */

/* A line that stays, above the drawn ones, which come back with the next tick. */
void plain_say(struct display *display, enum progress_mood mood, const char *text);
/* The job has a slot. */
void plain_began(struct display *display, struct line *line);
void plain_phase(struct display *display, struct line *line);
/* It printed line->printed. */
void plain_printed(struct display *display, struct line *line);
void plain_ended(struct display *display, struct line *line);
/* For each job of which nothing was heard for long. */
void plain_heartbeat(struct display *display);
