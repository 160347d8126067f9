/*
 * What goes on, for the person who watches. On a terminal one line per running job (package, phase,
 * seconds) and a total line, redrawn by the main thread; otherwise a plain line when something
 * begins and when it ends. Nothing when quiet. Goes to stderr; colours only on a terminal and
 * without NO_COLOR (no-color.org).
 *
 * progress_begin/phase/end/say: any thread. progress_draw: the main thread.
 */
#pragma once

#include "base/err.h"

struct progress;

enum progress_style { PROGRESS_QUIET, PROGRESS_PLAIN, PROGRESS_TERMINAL };

struct progress *progress_new(enum progress_style style, bool colour, int verbose);
void progress_free(struct progress *progress);

/* `id` names the job from begin to end: any address that is the job's alone meanwhile. */
void progress_begin(struct progress *progress, const void *id, const char *what, const char *phase);
void progress_phase(struct progress *progress, const void *id, const char *phase);
void progress_end(struct progress *progress, const void *id);

/* A line that stays: "built psutil 7.2.2 in 3.1 s". */
enum progress_mood { MOOD_PLAIN, MOOD_GOOD, MOOD_BAD };
void progress_say(struct progress *progress, enum progress_mood mood, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* For the total line. */
void progress_totals(struct progress *progress, size_t done, size_t known);

/* Redraws; does nothing unless on a terminal. */
void progress_draw(struct progress *progress);
/* Takes the job lines off the screen. */
void progress_clear(struct progress *progress);
