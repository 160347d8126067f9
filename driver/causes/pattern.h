/*
 * What a line of a log looks like, as readable as the line itself. In a pattern
 *
 *     %1 to %3   a word: no blank, quote, bracket or control character; the shortest that will do
 *     %*         anything, also nothing
 *     %^         only at the start: here the line begins, but for blanks
 *     %'         one of the quotes that programs set around names, as ASCII or as UTF-8
 *     %$         only at the end: here the line ends, but for blanks
 *
 * and all else stands for itself. Matched from left to right, without going back further than to where
 * the match begins, so that no line takes long. Any thread.
 */
#pragma once

#include "base/util.h"

enum { PATTERN_WORDS = 3 };

struct pattern_match {
    struct {
        const char *start; /* points into the line; NULL: not in the pattern */
        size_t len;
    } words[PATTERN_WORDS];
};

/* Whether the line, which may have NULs, matches. *ret_match is only set then. */
bool pattern_matches(const char *pattern, const char *line, size_t len,
                     struct pattern_match *ret_match);
