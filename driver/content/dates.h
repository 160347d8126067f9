/*
 * Dates and times in text, recognised by their form. Matches begin at a place of the text and do not
 * look before it; it is the caller's to see that no word goes on there. Any thread.
 */
#pragma once

#include "base/util.h"

/* The whole text. */
struct span {
    const char *text;
    size_t len;
};

struct date_day {
    int year, month, day;
};

/*
 * A calendar date with day, month and year, as numbers or with the month's name: how many bytes, or 0.
 * *ret_day is only set when one is there.
 */
size_t date_match_day(const struct span *s, size_t at, struct date_day *ret_day);
/* "12:34" or "12:34:56", with a fraction. */
size_t date_match_time(const struct span *s, size_t at);
/* A date, a time, both, or seconds since 1970. */
size_t date_match(const struct span *s, size_t at);
