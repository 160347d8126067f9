/*
 * JSON that another process wrote. A field that is missing or has another type reads as empty,
 * never as NULL; a caller that needs a value checks for the empty one. Nothing here fails.
 */
#pragma once

#include <jansson.h>

#include "base/vec.h"

/* The string in this field, or "". Lives as long as `object`, which may be NULL or no object. */
const char *json_text(const json_t *object, const char *field);

/* Adds the strings of an array. An item of another type becomes "", which is no name. */
void json_add_strings(const json_t *array, struct strv *list);

/* A new array of the strings, without those that are not UTF-8: a caller checks for that before. */
json_t *json_from_strings(const struct strv *list);
