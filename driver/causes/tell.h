/*
 * What is said of a cause that was found: a headline, what the user can do, and the part of the log
 * where it stands. Any thread.
 */
#pragma once

#include "causes/find.h"

/* One line. The caller frees. */
char *cause_headline(const struct cause_found *found, const struct cause_world *world);

/* One line; NULL: there is nothing to say. The caller frees. */
char *cause_remedy(const struct cause_found *found, const struct cause_world *world);

/*
 * `key = value` for the settings file; NULL: no setting mends it, or what a build said has to stand in it
 * and is no name. The caller frees.
 */
char *cause_setting(const struct cause_found *found, const struct cause_world *world);

/*
 * The lines of the log around the one at `at`, which is marked with "> "; near the end, its last 30. Fit
 * to print, each at most 500 bytes. The caller frees.
 */
char *cause_excerpt(const struct str *log, size_t at);
