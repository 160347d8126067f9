/*
 * A run as a timeline, in the trace-event format that Perfetto and chrome://tracing read ("Trace Event
 * Format", complete events "X" and metadata events "M"; times in microseconds from the trace's start).
 *
 * It watches a progress (jobs/progress.h): a job is an event, each of its phases one inside of it, and
 * phases follow one another without a gap. Each kind of job has rows of its own, as many as there were
 * such jobs at once; a worker builds one source at a time, so those of builds are the slots.
 *
 * Made and freed by the main thread; between trace_watch and trace_to_json only the progress calls it.
 */
#pragma once

#include <jansson.h>

#include "jobs/progress.h"

struct trace;

struct trace *trace_new(void);
void trace_free(struct trace *trace); /* accepts NULL */

/* The trace must live as long as the progress. */
void trace_watch(struct trace *trace, struct progress *progress);

/*
 * Ends what has not ended, and marks it so ("cut": true, in a run that was stopped). A new object.
 */
json_t *trace_to_json(struct trace *trace);
