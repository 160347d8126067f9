/* Compares zip archives. */
#include "compare/compare_zip.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/sha256.h"
#include "base/str.h"
#include "content/content.h"
#include "zip/zip_bytes.h"
#include "zip/zip_packed.h"
#include "compare/compare_record.h"
#include "compare/compressor.h"
#include "compare/zip_headers.h"

enum { PIECE = 1 << 20 };

struct zips {
    const char *where; /* NULL: the wheels */
    struct side *a, *b;
    struct file_pairs pairs;
    struct strv changed; /* names that differ in content, or are on one side only */
    bool same_content;
};

static char *name_in(const struct zips *z, const char *name)
{
    return z->where ? context_inner_name(z->where, name) : xstrdup(name);
}

/* ------------------------------------------------------------------------------- which files differ */

static void add_missing(struct context *c, struct zips *z, const char *name, bool in_a)
{
    auto_free char *where = name_in(z, name);

    strv_push(&z->changed, name);
    z->same_content = false;
    comparison_add_values(c->out, CAUSE_MISSING_FILE, where, NULL, in_a ? "there" : NULL,
                          in_a ? NULL : "there");
}

static void pair_files(struct context *c, struct zips *z)
{
    size_t i = 0, k = 0;

    while (i < z->a->count || k < z->b->count) {
        int order = i == z->a->count   ? 1
                    : k == z->b->count ? -1
                                       : strcmp(z->a->files[i].key, z->b->files[k].key);
        const char *name = (order <= 0 ? &z->a->files[i] : &z->b->files[k])->entry->name;
        const struct side_file *x = order <= 0 ? &z->a->files[i++] : NULL;
        const struct side_file *y = order >= 0 ? &z->b->files[k++] : NULL;
        if (!x || !y) {
            add_missing(c, z, name, x != NULL);
            continue;
        }
        VEC_GROW(&z->pairs);
        z->pairs.items[z->pairs.count++] = (struct file_pair){.a = x, .b = y};
    }
}

/* The same packed bytes, whatever they unpack to. */
static int same_packed(const struct zips *z, const struct wheel_entry *a,
                       const struct wheel_entry *b, bool *ret_same, struct err *err)
{
    auto_free char *buf = xmalloc(2 * (size_t)PIECE);

    *ret_same = a->method == b->method && a->packed_size == b->packed_size;
    for (uint64_t at = 0; *ret_same && at < a->packed_size; at += PIECE) {
        uint64_t left = a->packed_size - at;
        size_t len = left < PIECE ? (size_t)left : PIECE;
        int ret = zip_read_at(z->a->fd, buf, len, a->packed_at + at, err);
        if (ret == 0)
            ret = zip_read_at(z->b->fd, buf + PIECE, len, b->packed_at + at, err);
        if (ret < 0)
            return ret;
        *ret_same = memcmp(buf, buf + PIECE, len) == 0;
    }
    return 0;
}

/* CRCs that are equal prove nothing in a file that somebody made. */
static int same_hash(const struct zips *z, const struct wheel_entry *a, const struct wheel_entry *b,
                     bool *ret_same, struct err *err)
{
    uint8_t x[SHA256_BYTES] = {0}, y[SHA256_BYTES] = {0};
    int ret = wheel_zip_sha256(z->a->zip, a, x, err);

    if (ret == 0)
        ret = wheel_zip_sha256(z->b->zip, b, y, err);
    *ret_same = ret == 0 && memcmp(x, y, sizeof(x)) == 0;
    return ret;
}

static int find_difference(const struct zips *z, struct file_pair *pair, struct err *err)
{
    const struct wheel_entry *a = pair->a->entry, *b = pair->b->entry;
    bool same = false;

    if (a->size != b->size || a->crc != b->crc) {
        pair->differs = true;
        return 0;
    }
    int ret = same_packed(z, a, b, &same, err);
    if (ret == 0 && !same)
        ret = same_hash(z, a, b, &same, err);
    pair->differs = !same;
    return ret;
}

static bool is_record(const struct side_file *file)
{
    return str_eq(file->key, "*.dist-info/RECORD");
}

static int find_differences(struct zips *z, struct err *err)
{
    int ret = 0;

    for (size_t i = 0; i < z->pairs.count && ret == 0; i++) {
        struct file_pair *pair = &z->pairs.items[i];
        const char *a = pair->a->entry->name, *b = pair->b->entry->name;
        ret = find_difference(z, pair, err);
        /* The normal form writes RECORD anew. */
        if ((pair->differs && !is_record(pair->a)) || !str_eq(a, b) ||
            pair->a->entry->executable != pair->b->entry->executable)
            z->same_content = false;
        if (!pair->differs && str_eq(a, b))
            continue;
        strv_push(&z->changed, a);
        if (!str_eq(a, b))
            strv_push(&z->changed, b);
    }
    strv_sort(&z->changed);
    return ret;
}

/* -------------------------------------------------------------------------------- what differs in them */

static int not_read(struct context *c, const char *where, const char *why)
{
    comparison_add(c->out,
                   &(struct finding_spec){.cause = CAUSE_NOT_READ, .where = where, .part = why});
    return 0;
}

static int compare_pair(struct context *c, const struct zips *z, const struct file_pair *pair,
                        struct err *err)
{
    auto_content struct content a = CONTENT_INIT, b = CONTENT_INIT;
    auto_free char *where = name_in(z, pair->a->entry->name);

    if (pair->a->entry->size > CONTENT_MAX || pair->b->entry->size > CONTENT_MAX)
        return not_read(c, where, "it is too large");
    if (!context_may_read(c, pair->a->entry->size + pair->b->entry->size))
        return not_read(c, where, "too much differs");
    int ret = content_load(z->a->zip, pair->a->entry, &a, err);
    if (ret == 0)
        ret = content_load(z->b->zip, pair->b->entry, &b, err);
    if (ret < 0)
        return ret;
    struct pair files = {where, {a.bytes, a.len}, {b.bytes, b.len}};
    return is_record(pair->a) ? compare_record(c, &files, err) : c->compare_inner(c, &files, err);
}

/* RECORD behind all others: what it says follows from them. */
static int compare_pairs(struct context *c, const struct zips *z, struct err *err)
{
    const struct strv *outer = c->changed;
    int ret = 0;

    c->changed = &z->changed;
    for (int records = 0; records <= 1; records++) {
        for (size_t i = 0; i < z->pairs.count && ret == 0; i++) {
            const struct file_pair *pair = &z->pairs.items[i];
            if (pair->differs && is_record(pair->a) == records)
                ret = compare_pair(c, z, pair, err);
        }
    }
    c->changed = outer;
    return ret;
}

/* ------------------------------------------------------------------------------------ compression */

static int see_pair(const struct zips *z, const struct file_pair *pair, struct compressor *a,
                    struct compressor *b, struct err *err)
{
    auto_content struct content content = CONTENT_INIT;
    auto_str struct str of_a = STR_INIT, of_b = STR_INIT;
    int ret = content_load(z->a->zip, pair->a->entry, &content, err);

    if (ret == 0)
        ret = side_read_packed(z->a, pair->a->entry, &of_a, err);
    if (ret == 0)
        ret = side_read_packed(z->b, pair->b->entry, &of_b, err);
    if (ret < 0)
        return ret;
    const struct bytes bytes = {content.bytes, content.len};
    compressor_see(a, (struct bytes){of_a.buf, of_a.len}, bytes);
    compressor_see(b, (struct bytes){of_b.buf, of_b.len}, bytes);
    return 0;
}

static bool is_deflated(const struct file_pair *pair)
{
    return pair->a->entry->method == ZIP_METHOD_DEFLATED &&
           pair->b->entry->method == ZIP_METHOD_DEFLATED;
}

static int compare_compression(struct context *c, const struct zips *z, struct err *err)
{
    struct compressor a = COMPRESSOR_INIT, b = COMPRESSOR_INIT;
    bool differs = false;
    int ret = 0;

    for (size_t i = 0; i < z->pairs.count && ret == 0; i++) {
        const struct file_pair *pair = &z->pairs.items[i];
        bool same = true;
        if (pair->differs || !is_deflated(pair))
            continue;
        ret = same_packed(z, pair->a->entry, pair->b->entry, &same, err);
        differs = differs || !same;
        if (ret == 0 && compressor_is_open(&a) && pair->a->entry->size <= CONTENT_IN_MEMORY &&
            pair->a->entry->packed_size <= CONTENT_IN_MEMORY &&
            pair->b->entry->packed_size <= CONTENT_IN_MEMORY)
            ret = see_pair(z, pair, &a, &b, err);
    }
    if (ret == 0 && differs)
        compressor_compare(c, z->where, &a, &b);
    return ret;
}

/* -------------------------------------------------------------------------------------------- all */

int compare_sides(struct context *c, const char *where, struct side *a, struct side *b,
                  bool *ret_same_content, struct err *err)
{
    struct zips z = {.where = where, .a = a, .b = b, .same_content = true};

    pair_files(c, &z);
    int ret = find_differences(&z, err);
    if (ret == 0)
        ret = compare_pairs(c, &z, err);
    if (ret == 0)
        ret = compare_zip_headers(c, where, a, b, &z.pairs, err);
    if (ret == 0)
        ret = compare_compression(c, &z, err);
    *ret_same_content = ret == 0 && z.same_content;
    free(z.pairs.items);
    strv_release(&z.changed);
    return ret;
}

/* An archive that is not read strictly is compared as bytes: then this adds nothing. */
int compare_zip(struct context *c, const struct pair *pair, struct err *err)
{
    auto_close int fd_a = content_to_fd(pair->a.at, pair->a.len, err);
    auto_close int fd_b = fd_a < 0 ? -1 : content_to_fd(pair->b.at, pair->b.len, err);
    auto_side struct side a = SIDE_INIT, b = SIDE_INIT;
    bool same;

    if (fd_a < 0 || fd_b < 0)
        return fd_a < 0 ? fd_a : fd_b;
    if (side_open(fd_a, &a, NULL) < 0 || side_open(fd_b, &b, NULL) < 0)
        return 0;
    auto_err struct err cause = ERR_INIT;
    int ret = compare_sides(c, pair->where, &a, &b, &same, &cause);
    if (ret == -ERR_FORMAT)
        return not_read(c, pair->where, cause.message);
    if (ret < 0)
        err_move(err, &cause);
    return ret;
}
