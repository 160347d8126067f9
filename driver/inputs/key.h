/*
 * The key of a build: everything that a wheel's bytes depend on, as one text of named parts in a fixed
 * order, and its sha256. docs/record.md says what each part is.
 *
 *     machine (inputs/machine.h) ─┐
 *     environment                 ├──> key ──> text, one "name: value" a line ──> sha256
 *     source and its settings    ─┘
 *
 * Two keys are compared line by line: a part that differs explains a difference. Where it was in doubt
 * whether something decides about bytes, it is a part: a miss costs a build, a false hit a wrong wheel.
 * Not shared between threads while it is made.
 */
#pragma once

#include <jansson.h>

#include "base/sha256.h"
#include "base/vec.h"

struct key_part {
    char *name;
    char *value;
};

struct key {
    struct key_part *items; /* in the order in which they were added */
    size_t count;
    size_t cap;
    bool incomplete; /* something could not be looked at: good for a record, not for a store */
};

#define KEY_INIT                                                                                   \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_key __attribute__((cleanup(key_release)))

void key_release(struct key *key);

/* Copies both. A value may have any bytes; in the text, newline and backslash are escaped. */
void key_add(struct key *key, const char *name, const char *value);
void key_addf(struct key *key, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* One part, the strings separated by what cannot be in them once escaped. */
void key_add_list(struct key *key, const char *name, const struct strv *list);
/* One part: the sha256 of bytes that are too many to stand in a key. */
void key_add_digest(struct key *key, const char *name, const void *bytes, size_t len);
void key_extend(struct key *key, const struct key *more);

/* The canonical text: a first line with the format's version, then one line a part. The caller frees. */
char *key_text(const struct key *key);
void key_digest(const struct key *key, char ret_hex[SHA256_HEX]);

/* The value of a part, or NULL; points into the key. */
const char *key_get(const struct key *key, const char *name);

/* The parts as an object NAME: VALUE; values of one name are lines of one text. A new object. */
json_t *key_to_json(const struct key *key);
