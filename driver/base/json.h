/*
 * JSON as C has it. Reading what somebody else wrote: what is missing or of another type is empty, never NULL, and
 * whoever needs it to be there says so. Nothing here fails.
 */
#pragma once

#include <jansson.h>

#include "base/vec.h"

/* The string in this field, or "". Lives as long as the object, which may be NULL or no object. */
const char *json_text(const json_t *object, const char *field);

/* Adds the strings of an array. What is no string becomes "", which is nobody's name or requirement. */
void json_add_strings(const json_t *array, struct strv *list);

/* A new array of the strings. What is not UTF-8 is left out: whoever sends such a list checks before. */
json_t *json_from_strings(const struct strv *list);
