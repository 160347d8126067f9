/*
 * "Did you mean": which of some names a word may have been meant for. A name is near when few letters
 * have to be typed otherwise (added, left out, replaced, two swapped: one step each; at most a third
 * of the word), or when the word is its beginning. Of the near ones the nearest are kept.
 */
#pragma once

#include "base/str.h"

enum { NEAR_MOST = 3 };

struct near {
    const char *word; /* borrowed, like the names */
    size_t len;
    size_t steps; /* of the names that are kept */
    const char *names[NEAR_MOST];
    size_t count;
};

/* Steps from one text to the other, or SIZE_MAX for texts of more than 64 bytes. */
size_t near_steps(const char *a, size_t a_len, const char *b, size_t b_len);

void near_init(struct near *near, const char *word, size_t len);
/* A name may be offered twice. */
void near_offer(struct near *near, const char *name);
/* "--pre, --prefer-binary or --proxy", with `before` in front of each name. Adds nothing for none. */
void near_add_names(const struct near *near, const char *before, struct str *out);
