/* RECORD: rows of CSV, read leniently as Python does, written in one form, compared with files. */
#include "wheel/record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "base/vec.h"

enum { MAX_FIELDS = 3 };

struct reader {
    const char *at, *end;
    struct str field;
};

/* Behind the opening quote: up to the closing one, "" being a quote. */
static int read_quoted(struct reader *r, struct err *err)
{
    for (;;) {
        const char *quote = memchr(r->at, '"', (size_t)(r->end - r->at));
        if (!quote)
            return err_set(err, ERR_FORMAT, "RECORD has an unclosed quote");
        str_append(&r->field, r->at, (size_t)(quote - r->at));
        r->at = quote + 1;
        if (r->at == r->end || *r->at != '"')
            return 0;
        str_addch(&r->field, '"');
        r->at++;
    }
}

static bool at_field_end(const struct reader *r)
{
    return r->at == r->end || *r->at == ',' || *r->at == '\n' || *r->at == '\r';
}

static int read_field(struct reader *r, struct err *err)
{
    str_reset(&r->field);
    if (r->at < r->end && *r->at == '"') {
        r->at++;
        int ret = read_quoted(r, err);
        if (ret < 0)
            return ret;
    }
    const char *start = r->at;
    while (!at_field_end(r))
        r->at++;
    str_append(&r->field, start, (size_t)(r->at - start));
    return 0;
}

static void skip_line_ends(struct reader *r)
{
    while (r->at < r->end && (*r->at == '\n' || *r->at == '\r'))
        r->at++;
}

static int read_row(struct reader *r, struct record_row *row, struct err *err)
{
    char **fields[MAX_FIELDS] = {&row->path, &row->hash, &row->size};
    size_t count = 0;

    for (;;) {
        int ret = read_field(r, err);
        if (ret < 0)
            return ret;
        if (count == MAX_FIELDS)
            return err_set(err, ERR_FORMAT, "RECORD has a row of more than three fields");
        *fields[count++] = xstrdup(r->field.buf);
        if (r->at == r->end || *r->at != ',')
            break;
        r->at++;
    }
    for (; count < MAX_FIELDS; count++)
        *fields[count] = xstrdup("");
    return 0;
}

static int read_rows(struct reader *r, struct record *rows, struct err *err)
{
    for (skip_line_ends(r); r->at < r->end; skip_line_ends(r)) {
        VEC_GROW(rows);
        struct record_row *row = &rows->items[rows->count++];
        *row = (struct record_row){0};
        int ret = read_row(r, row, err);
        if (ret < 0)
            return ret;
        if (!row->path[0])
            return err_set(err, ERR_FORMAT, "RECORD has a row without a path");
    }
    return 0;
}

static int compare_rows(const void *a, const void *b)
{
    return strcmp(((const struct record_row *)a)->path, ((const struct record_row *)b)->path);
}

static int sort_rows(struct record *rows, struct err *err)
{
    if (rows->count > 1)
        qsort(rows->items, rows->count, sizeof(*rows->items), compare_rows);
    for (size_t i = 1; i < rows->count; i++)
        if (compare_rows(&rows->items[i - 1], &rows->items[i]) == 0)
            return err_set(err, ERR_FORMAT, "RECORD lists '%s' twice", rows->items[i].path);
    return 0;
}

int record_parse(const char *text, size_t len, struct record *ret_record, struct err *err)
{
    if (len > RECORD_MAX_BYTES)
        return err_set(err, ERR_FORMAT, "RECORD is larger than %d bytes", RECORD_MAX_BYTES);
    if (memchr(text, '\0', len))
        return err_set(err, ERR_FORMAT, "RECORD has a NUL byte");

    struct reader r = {.at = text, .end = text + len, .field = STR_INIT};
    auto_record struct record rows = RECORD_INIT;
    int ret = read_rows(&r, &rows, err);
    str_release(&r.field);
    if (ret == 0)
        ret = sort_rows(&rows, err);
    if (ret < 0)
        return ret;
    *ret_record = rows;
    rows = (struct record)RECORD_INIT;
    return 0;
}

void record_release(struct record *r)
{
    for (size_t i = 0; i < r->count; i++) {
        free(r->items[i].path);
        free(r->items[i].hash);
        free(r->items[i].size);
    }
    free(r->items);
    *r = (struct record)RECORD_INIT;
}

const struct record_row *record_find(const struct record *r, const char *path)
{
    struct record_row key = {.path = (char *)(uintptr_t)path}; /* only compared */

    return r->count ? bsearch(&key, r->items, r->count, sizeof(*r->items), compare_rows) : NULL;
}

void record_digest_text(const uint8_t digest[SHA256_BYTES], char ret_text[RECORD_DIGEST_TEXT])
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t bits = 0;
    unsigned have = 0;
    char *out = ret_text;

    for (size_t i = 0; i < SHA256_BYTES; i++) {
        bits = bits << 8 | digest[i];
        for (have += 8; have >= 6; have -= 6)
            *out++ = alphabet[bits >> (have - 6) & 63];
    }
    *out++ = alphabet[bits << (6 - have) & 63]; /* 256 bits leave four */
    *out = '\0';
}

/* `text` is base64 with or without its padding. */
static bool digest_equals(const char *text, const uint8_t digest[SHA256_BYTES])
{
    char mine[RECORD_DIGEST_TEXT];

    record_digest_text(digest, mine);
    size_t len = strlen(text);
    while (len && text[len - 1] == '=')
        len--;
    return len == sizeof(mine) - 1 && memcmp(text, mine, len) == 0;
}

static int check_hash(const char *hash, const uint8_t digest[SHA256_BYTES], bool *ret_other,
                      struct err *err)
{
    if (str_starts(hash, "sha256="))
        return digest_equals(hash + 7, digest)
                   ? 0
                   : err_set(err, ERR_FORMAT, "RECORD has another sha256");
    if (str_starts(hash, "md5=") || str_starts(hash, "sha1="))
        return err_set(err, ERR_FORMAT, "RECORD has a hash that is too weak: %.32s", hash);
    if (ret_other)
        *ret_other = true;
    return 0;
}

int record_check(const struct record_row *row, const uint8_t digest[SHA256_BYTES], uint64_t size,
                 bool *ret_other, struct err *err)
{
    uint64_t listed;

    if (row->size[0]) {
        if (!parse_u64(row->size, 0, UINT64_MAX, &listed))
            return err_set(err, ERR_FORMAT, "RECORD has a size that is no number");
        if (listed != size)
            return err_set(err, ERR_FORMAT, "RECORD says %" PRIu64 " bytes, it has %" PRIu64,
                           listed, size);
    }
    return row->hash[0] ? check_hash(row->hash, digest, ret_other, err) : 0;
}

static void write_path(struct str *out, const char *path)
{
    if (!strpbrk(path, ",\"\r\n")) {
        str_add(out, path);
        return;
    }
    str_addch(out, '"');
    for (; *path; path++) {
        if (*path == '"')
            str_addch(out, '"');
        str_addch(out, *path);
    }
    str_addch(out, '"');
}

void record_write_row(struct str *out, const char *path, const uint8_t *digest, uint64_t size)
{
    char text[RECORD_DIGEST_TEXT];

    write_path(out, path);
    if (!digest) {
        str_add(out, ",,\n");
        return;
    }
    record_digest_text(digest, text);
    str_addf(out, ",sha256=%s,%" PRIu64 "\n", text, size);
}
