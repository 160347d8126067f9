/*
 * What goes on in a run, told to whoever watches: the display of a command, a trace, a test, or nobody.
 * Each job has one line of life, from begin over its phases to end; a message stands on its own.
 *
 *     worker ── progress_begin/phase/end/say ──> every watcher, one call at a time
 *
 * Watchers are added before the first thread and stay until progress_free. They are called under one
 * mutex, by any thread, and must not call back. All text is printable: what came from a build cannot
 * steer a terminal.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

struct progress;

/* What a job is. Those from PROGRESS_RUN on happen behind the scenes and are for a trace only. */
enum progress_kind {
    PROGRESS_BUILD,
    PROGRESS_RESOLVER,
    PROGRESS_ENVIRONMENT,
    PROGRESS_RUN,
    PROGRESS_ENGINE,
    PROGRESS_STORE,
    PROGRESS_DELIVERY,
    PROGRESS_KIND_COUNT
};

/* The phase of a build that has all it needs but a place to run. */
#define PHASE_WAITING "waiting for a slot"

/* How far the wanted wheels are. */
struct progress_totals {
    size_t built, stored, failed; /* those that are over */
    size_t known;                 /* all; 0: not known yet */
    int64_t left_ms; /* what the others will take, as far as the store knows; -1: unknown */
};

enum progress_mood { MOOD_PLAIN, MOOD_GOOD, MOOD_BAD };

/* Members may be NULL. `id` names a job from begin to end; afterwards it may name another one. */
struct progress_watcher {
    void (*begin)(void *arg, enum progress_kind kind, const void *id, const char *what,
                  const char *phase);
    void (*phase)(void *arg, const void *id, const char *phase);
    void (*end)(void *arg, const void *id);
    void (*say)(void *arg, enum progress_mood mood, const char *text);
    void (*line)(void *arg, const void *id, const char *text);
    void (*totals)(void *arg, const struct progress_totals *totals);
    void (*tick)(void *arg);
    int tick_ms; /* how often `tick` is wanted; 0: never */
};

struct progress *progress_new(void);
void progress_free(struct progress *progress); /* accepts NULL */

/* The watcher's table is borrowed. */
void progress_watch(struct progress *progress, const struct progress_watcher *watcher, void *arg);

/* `id` is any address that is the job's alone meanwhile. */
void progress_begin(struct progress *progress, enum progress_kind kind, const void *id,
                    const char *what, const char *phase);
void progress_phase(struct progress *progress, const void *id, const char *phase);
void progress_end(struct progress *progress, const void *id);

/* A message that stays: "built psutil 7.2.2 in 3.1 s". */
void progress_say(struct progress *progress, enum progress_mood mood, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* A line that the job printed, without its end. */
void progress_line(struct progress *progress, const void *id, const char *text);

void progress_totals(struct progress *progress, const struct progress_totals *totals);

/* For the thread that waits for events: how long it may at most (-1: for ever), then progress_tick. */
int progress_tick_ms(const struct progress *progress);
void progress_tick(struct progress *progress);
