/* Numbers from text, checked: the whole text must be one decimal number within bounds. */
#pragma once

#include "base/util.h"

/* False, and *ret_value unchanged, for anything that is not a plain number from min to max. */
bool parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value);
bool parse_int(const char *text, int min, int max, int *ret_value);
/* Bytes, or with K, M, G or T behind (powers of 1024): "512M". */
bool parse_size(const char *text, uint64_t *ret_bytes);
/* Seconds with an optional fraction ("2.5") as milliseconds; at most a year. */
bool parse_seconds_ms(const char *text, int64_t *ret_ms);
