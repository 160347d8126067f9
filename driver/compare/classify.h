/*
 * Why two texts differ, told by what their differing parts look like: the time of the build, a path, a
 * random name, a set in another order. A cause is only named when nothing but it is left: two lines
 * that are the same once their dates are taken away differ by the date. Any thread.
 */
#pragma once

#include "compare/cause.h"
#include "compare/context.h"

/* Causes from CAUSE_LINE_ENDS to CAUSE_TEXT as a set. */
#define TEXT_CAUSE(cause) (1U << ((cause)-CAUSE_LINE_ENDS))

/* At least one cause; TEXT_CAUSE(CAUSE_TEXT) when there is no telling. */
unsigned classify_texts(struct bytes a, struct bytes b);

/*
 * Whether at least half of the words that look like names of files are accepted: to tell a list of files
 * from another one. A word ends where blanks, brackets, quotes or commas are.
 */
bool classify_words_are(struct bytes text, bool (*accept)(void *arg, const char *word), void *arg);

/*
 * Two texts with a few hundred bytes around their first difference, for a person; the caller frees
 * both. Short texts are whole.
 */
void classify_excerpts(struct bytes a, struct bytes b, char **ret_a, char **ret_b);
