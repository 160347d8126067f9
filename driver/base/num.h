/* Numbers from text, checked: the whole text must be one decimal number within bounds. */
#pragma once

#include "base/util.h"

/* Returns false (and leaves *ret alone) on anything that is not a plain number in [min, max]. */
bool parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret);
bool parse_int(const char *text, int min, int max, int *ret);
/* Seconds with an optional fraction ("2.5") to milliseconds; at most a year. */
bool parse_seconds_ms(const char *text, int64_t *ret_ms);
