/*
 * RECORD, the list of a wheel's files: CSV rows "path,hash,size". Reading takes what Python's csv
 * module takes (quotes, "\r\n"), with limits; writing makes one form: "\n", quotes only where they
 * are needed, sha256 as unpadded URL-safe base64. A record belongs to one thread at a time.
 */
#pragma once

#include "base/err.h"
#include "base/sha256.h"
#include "base/str.h"

enum {
    RECORD_MAX_BYTES = 256 << 20,
    RECORD_DIGEST_TEXT = 44 /* unpadded base64 of a sha256, and a NUL */
};

struct record_row {
    char *path;
    char *hash; /* "sha256=...", "" when there is none */
    char *size; /* decimal text as written, "" when there is none */
};

struct record {
    struct record_row *items;
    size_t count;
    size_t cap;
};

#define RECORD_INIT                                                                                \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_record __attribute__((cleanup(record_release)))

/*
 * Parses the text. Fails with ERR_FORMAT on an unclosed quote, a row of less than one or more than
 * three fields, a NUL byte, a path twice, or more than RECORD_MAX_BYTES. Rows end up sorted by path.
 */
int record_parse(const char *text, size_t len, struct record *ret_record, struct err *err);
void record_release(struct record *r); /* accepts an empty one */

/* The row of that path, or NULL. */
const struct record_row *record_find(const struct record *r, const char *path);

/*
 * What the row says about a file: 0 when hash and size (where given) agree, else ERR_FORMAT with the
 * reason. sha256 is compared; of other algorithms the spec's weak ones (md5, sha1) are refused and
 * the strong ones are reported through *ret_other (may be NULL) as not compared.
 */
int record_check(const struct record_row *row, const uint8_t digest[SHA256_BYTES], uint64_t size,
                 bool *ret_other, struct err *err);

/* Unpadded URL-safe base64 of a sha256. */
void record_digest_text(const uint8_t digest[SHA256_BYTES], char ret_text[RECORD_DIGEST_TEXT]);

/* Appends one row; a NULL digest makes the row of RECORD itself: "path,,". */
void record_write_row(struct str *out, const char *path, const uint8_t *digest, uint64_t size);
