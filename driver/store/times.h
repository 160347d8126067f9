/*
 * How long the last build of each project took, so that a run can begin with what takes longest:
 *
 *     STORE/v1/times/<project>     milliseconds, as text; the project's name in its canonical form
 *
 * Only the order of work rests on it. What is missing, damaged or cannot be written is unknown; a file
 * that is half there after a crash, too. Any thread.
 */
#pragma once

#include "store/store.h"

/* 0: unknown. */
int64_t store_time_ms(const struct store *store, const char *project);
void store_time_note(struct store *store, const char *project, int64_t ms);
