/*
 * Names of files are bytes, JSON is UTF-8. Between our processes each byte that is not part of UTF-8
 * is written as one character of a private plane, U+10FF00 plus the byte (U+10FF80 to U+10FFFF). So are
 * the bytes of those characters themselves, so that any bytes come back as they were. pyshim/wire.py
 * does the same.
 *
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

/* A new array of the strings, which may have any bytes. */
json_t *json_from_strings(const struct strv *list);

/* A new string of any bytes. Never NULL. */
json_t *json_bytes(const char *bytes);
/* The bytes of a string, or of a field of an object; NULL when it is none. The caller frees. */
char *json_bytes_value(const json_t *string);
char *json_bytes_in(const json_t *object, const char *field);

/* Makes all strings in a value the bytes that they stand for. It cannot be written again after that. */
void json_decode_bytes(json_t *value);

/* A new string for people: what is not UTF-8 is written as "\\xE9". Never NULL. */
json_t *json_readable(const char *bytes);
