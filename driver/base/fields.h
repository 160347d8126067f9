/*
 * Structs as JSON objects by a table of their fields, so that what is written is what is read. Texts
 * and JSON values are owned by the struct. Any thread.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "base/err.h"

enum field_kind {
    FIELD_TEXT,  /* char *, for people: json_readable(); NULL is not written */
    FIELD_BYTES, /* char * that comes back as it was: json_bytes(); NULL is not written */
    FIELD_BOOL,  /* bool */
    FIELD_INT,   /* int */
    FIELD_REAL,  /* double */
    FIELD_JSON   /* json_t *, any value; NULL is not written */
};

struct field {
    const char *name;
    size_t offset; /* in the struct */
    enum field_kind kind;
    bool optional; /* may be missing when it is read: stays as it was */
};

/* A new object. */
json_t *fields_write(const void *from, const struct field *fields, size_t count);

/* -ERR_FORMAT names the field that is missing or of another type. What was read before stays set. */
int fields_read(const json_t *object, void *to, const struct field *fields, size_t count,
                struct err *err);

/* Frees the texts and values, and sets them to NULL. */
void fields_release(void *of, const struct field *fields, size_t count);
