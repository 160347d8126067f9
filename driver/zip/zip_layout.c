/* Reads an archive's end record, directory and local headers; refuses what is not plain. */
#include "zip/zip_layout.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sizes without the variable parts, and signatures (APPNOTE.TXT, 4.3). */
enum {
    LOCAL_LEN = 30,
    CENTRAL_LEN = 46,
    END_LEN = 22,
    END64_LEN = 56,
    LOCATOR64_LEN = 20,
    MAX_COMMENT = 65535,
    MAX_VARIABLE = 3 * 65535, /* name, extra field and comment of one entry of the directory */
    MAX_DIRECTORY = 256 << 20,
    MAX_DESCRIPTOR = 24,
    FLAG_ENCRYPTED = 1,
    FLAG_DESCRIPTOR = 8,
    EXTRA_ZIP64 = 1,
    EXTRA_UNICODE_PATH = 0x7075
};
#define LOCAL_MAGIC 0x04034b50U
#define CENTRAL_MAGIC 0x02014b50U
#define END_MAGIC 0x06054b50U
#define END64_MAGIC 0x06064b50U
#define LOCATOR64_MAGIC 0x07064b50U
#define DESCRIPTOR_MAGIC 0x08074b50U

struct end_record {
    uint64_t at; /* where the central directory has to end */
    uint64_t count, size, offset;
};

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static uint64_t get64(const uint8_t *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static int bad(struct err *err, const char *why)
{
    return err_set(err, ERR_FORMAT, "not a plain zip archive: %s", why);
}

static int read_at(int fd, void *buf, size_t len, uint64_t at, struct err *err)
{
    char *p = buf;

    while (len) {
        ssize_t n = retry_eintr(pread(fd, p, len, (off_t)at));
        if (n < 0)
            return err_errno(err, errno, "cannot read");
        if (n == 0)
            return bad(err, "it is cut off");
        p += n;
        len -= (size_t)n;
        at += (uint64_t)n;
    }
    return 0;
}

/* Offset in the tail of the one end record whose comment reaches the end of the file. */
static int find_end(const uint8_t *tail, size_t len, size_t *ret_at, struct err *err)
{
    bool found = false;

    for (size_t at = len - END_LEN + 1; at-- > 0;) {
        if (get32(tail + at) != END_MAGIC || at + END_LEN + get16(tail + at + 20) != len)
            continue;
        if (found)
            return bad(err, "it has two end records");
        *ret_at = at;
        found = true;
    }
    return found ? 0 : bad(err, "no end record at its end");
}

static int read_end64(int fd, struct end_record *end, struct err *err)
{
    uint8_t locator[LOCATOR64_LEN], record[END64_LEN];

    if (end->at < LOCATOR64_LEN + END64_LEN)
        return bad(err, "its zip64 record is missing");
    int ret = read_at(fd, locator, sizeof(locator), end->at - LOCATOR64_LEN, err);
    if (ret < 0)
        return ret;
    uint64_t at = end->at - LOCATOR64_LEN - END64_LEN;
    if (get32(locator) != LOCATOR64_MAGIC || get64(locator + 8) != at)
        return bad(err, "its zip64 record is not where it should be");
    ret = read_at(fd, record, sizeof(record), at, err);
    if (ret < 0)
        return ret;
    if (get32(record) != END64_MAGIC || get64(record + 4) != END64_LEN - 12 || get32(record + 16) ||
        get32(record + 20) || get64(record + 24) != get64(record + 32))
        return bad(err, "its zip64 record is damaged");
    *end = (struct end_record){.at = at,
                               .count = get64(record + 32),
                               .size = get64(record + 40),
                               .offset = get64(record + 48)};
    return 0;
}

/* A zip64 record that nobody asked for would be another reader's end record. */
static int refuse_locator(int fd, const struct end_record *end, struct err *err)
{
    uint8_t magic[4];

    if (end->at < LOCATOR64_LEN)
        return 0;
    int ret = read_at(fd, magic, sizeof(magic), end->at - LOCATOR64_LEN, err);
    if (ret < 0)
        return ret;
    return get32(magic) == LOCATOR64_MAGIC ? bad(err, "a zip64 record without need") : 0;
}

static int read_end(int fd, uint64_t file_size, struct end_record *end, struct err *err)
{
    size_t len = file_size < END_LEN + MAX_COMMENT ? (size_t)file_size : END_LEN + MAX_COMMENT;
    size_t at = 0;

    if (len < END_LEN)
        return bad(err, "it is too short");
    auto_free uint8_t *tail = xmalloc(len);
    int ret = read_at(fd, tail, len, file_size - len, err);
    if (ret == 0)
        ret = find_end(tail, len, &at, err);
    if (ret < 0)
        return ret;
    const uint8_t *record = tail + at;
    *end = (struct end_record){.at = file_size - len + at,
                               .count = get16(record + 10),
                               .size = get32(record + 12),
                               .offset = get32(record + 16)};
    if (end->count == UINT16_MAX || end->size == UINT32_MAX || end->offset == UINT32_MAX)
        return read_end64(fd, end, err);
    if (get16(record + 4) || get16(record + 6) || get16(record + 8) != end->count)
        return bad(err, "it is one of several disks");
    return refuse_locator(fd, end, err);
}

static bool take64(const uint8_t **p, const uint8_t *end, uint64_t *value)
{
    if (*value != UINT32_MAX)
        return true;
    if (end - *p < 8)
        return false;
    *value = get64(*p);
    *p += 8;
    return true;
}

/* The zip64 field replaces those of size, packed size and offset that are all ones, in this order. */
static int read_extra(const uint8_t *p, size_t len, struct zip_span *span, struct err *err)
{
    const uint8_t *end = p + len;

    while (end - p >= 4) {
        uint16_t id = get16(p), field_len = get16(p + 2);
        const uint8_t *field = p + 4;
        if (end - field < field_len)
            return bad(err, "an extra field is cut off");
        p = field + field_len;
        if (id == EXTRA_UNICODE_PATH)
            return bad(err, "an entry has a second name");
        if (id == EXTRA_ZIP64 &&
            !(take64(&field, p, &span->size) && take64(&field, p, &span->packed_size) &&
              take64(&field, p, &span->header_at)))
            return bad(err, "a zip64 field is cut off");
    }
    return 0;
}

static int read_central(const struct zip_layout *l, size_t *at, struct zip_span *span,
                        struct err *err)
{
    const uint8_t *p = (const uint8_t *)l->directory + *at;
    size_t left = l->directory_len - *at;

    if (left < CENTRAL_LEN || get32(p) != CENTRAL_MAGIC)
        return bad(err, "its directory is damaged");
    size_t name_len = get16(p + 28), extra_len = get16(p + 30);
    size_t len = CENTRAL_LEN + name_len + extra_len + get16(p + 32);
    if (left < len)
        return bad(err, "its directory is cut off");
    *span = (struct zip_span){.header_at = get32(p + 42),
                              .packed_size = get32(p + 20),
                              .size = get32(p + 24),
                              .crc = get32(p + 16),
                              .method = get16(p + 10),
                              .flags = get16(p + 8),
                              .name_len = (uint16_t)name_len,
                              .name_at = *at + CENTRAL_LEN};
    if (memchr(p + CENTRAL_LEN, '\0', name_len))
        return bad(err, "a name has a NUL byte");
    *at += len;
    return read_extra(p + CENTRAL_LEN + name_len, extra_len, span, err);
}

static int read_directory(int fd, const struct end_record *end, size_t max_entries,
                          struct zip_layout *l, struct err *err)
{
    if (end->offset > end->at || end->size != end->at - end->offset)
        return bad(err, "its directory does not end where its end record starts");
    if (end->count > max_entries)
        return err_set(err, ERR_FORMAT, "more than %zu entries", max_entries);
    if (end->size / CENTRAL_LEN < end->count)
        return bad(err, "its directory is too small for its entries");
    /* The file's size is no bound: a sparse file of any size costs its maker nothing. */
    if (end->size > MAX_DIRECTORY || end->size > end->count * (CENTRAL_LEN + MAX_VARIABLE))
        return bad(err, "its directory is too large for its entries");
    l->directory_len = (size_t)end->size;
    l->directory = xmalloc(l->directory_len + 1);
    l->spans = xcalloc((size_t)end->count + 1, sizeof(*l->spans));
    int ret = read_at(fd, l->directory, l->directory_len, end->offset, err);
    size_t at = 0;
    for (; ret == 0 && l->count < end->count; l->count++)
        ret = read_central(l, &at, &l->spans[l->count], err);
    if (ret == 0 && at != l->directory_len)
        ret = bad(err, "its directory has more entries than its end record says");
    return ret;
}

static int compare_spans(const void *a, const void *b)
{
    const struct zip_span *x = *(const struct zip_span *const *)a;
    const struct zip_span *y = *(const struct zip_span *const *)b;

    return (x->header_at > y->header_at) - (x->header_at < y->header_at);
}

/* A local size may be zero when a descriptor follows, and all ones when a zip64 field holds it. */
static bool agrees(uint32_t local, uint64_t central, bool may_be_zero)
{
    return local == central || local == UINT32_MAX || (may_be_zero && local == 0);
}

static int check_local(const struct zip_layout *l, const struct zip_span *span,
                       const uint8_t *local, struct err *err)
{
    bool later = span->flags & FLAG_DESCRIPTOR;
    uint32_t crc = get32(local + 14); /* has no zip64 meaning */

    if (get32(local) != LOCAL_MAGIC)
        return bad(err, "an entry has no header");
    if (get16(local + 26) != span->name_len ||
        memcmp(local + LOCAL_LEN, l->directory + span->name_at, span->name_len) != 0)
        return bad(err, "an entry has two names");
    if (get16(local + 8) != span->method ||
        (get16(local + 6) ^ span->flags) & (FLAG_ENCRYPTED | FLAG_DESCRIPTOR) ||
        (crc != span->crc && !(later && crc == 0)) ||
        !agrees(get32(local + 18), span->packed_size, later) ||
        !agrees(get32(local + 22), span->size, later))
        return bad(err, "an entry's header contradicts the directory");
    return 0;
}

/* A descriptor is crc and two sizes of 4 or 8 bytes, with or without a signature. */
static int check_gap(int fd, const struct zip_span *span, uint64_t end, uint64_t next,
                     struct err *err)
{
    uint8_t gap[MAX_DESCRIPTOR];
    uint64_t len = next - end;

    if (next < end)
        return bad(err, "entries overlap");
    if (len == 0 && !(span->flags & FLAG_DESCRIPTOR))
        return 0;
    if (!(span->flags & FLAG_DESCRIPTOR) ||
        (len != 12 && len != 16 && len != 20 && len != MAX_DESCRIPTOR))
        return bad(err, "bytes that belong to no entry");
    int ret = read_at(fd, gap, (size_t)len, end, err);
    if (ret < 0)
        return ret;
    const uint8_t *p = gap;
    if (len == 16 || len == MAX_DESCRIPTOR) {
        if (get32(p) != DESCRIPTOR_MAGIC)
            return bad(err, "a data descriptor is damaged");
        p += 4;
        len -= 4;
    }
    uint64_t packed = len == 12 ? get32(p + 4) : get64(p + 4);
    uint64_t size = len == 12 ? get32(p + 8) : get64(p + 12);
    if (get32(p) != span->crc || packed != span->packed_size || size != span->size)
        return bad(err, "a data descriptor contradicts the directory");
    return 0;
}

static int read_local(int fd, const struct zip_layout *l, struct zip_span *span, struct err *err)
{
    enum { MAX_LOCAL = LOCAL_LEN + UINT16_MAX };
    uint8_t buf[512];
    size_t len = LOCAL_LEN + (size_t)span->name_len;
    auto_free uint8_t *large = len > sizeof(buf) ? xmalloc(MAX_LOCAL) : NULL;
    uint8_t *local = large ? large : buf;

    int ret = read_at(fd, local, len, span->header_at, err);
    if (ret == 0)
        ret = check_local(l, span, local, err);
    span->data_at = span->header_at + len + get16(local + 28);
    return ret;
}

static int check_spans(int fd, struct zip_layout *l, uint64_t directory_at, struct err *err)
{
    auto_free struct zip_span **order = xmalloc((l->count + 1) * sizeof(*order));

    for (size_t i = 0; i < l->count; i++)
        order[i] = &l->spans[i];
    qsort(order, l->count, sizeof(struct zip_span *), compare_spans);
    if (order[0]->header_at != 0)
        return bad(err, "bytes before the first entry");
    for (size_t i = 0; i < l->count; i++) {
        uint64_t next = i + 1 < l->count ? order[i + 1]->header_at : directory_at;
        int ret = read_local(fd, l, order[i], err);
        if (ret < 0)
            return ret;
        if (order[i]->data_at > next || order[i]->packed_size > next - order[i]->data_at)
            return bad(err, "entries overlap");
        ret = check_gap(fd, order[i], order[i]->data_at + order[i]->packed_size, next, err);
        if (ret < 0)
            return ret;
    }
    return 0;
}

int zip_layout_read(int fd, size_t max_entries, struct zip_layout *ret_layout, struct err *err)
{
    auto_zip_layout struct zip_layout l = ZIP_LAYOUT_INIT;
    struct end_record end = {0};
    struct stat st;

    if (fstat(fd, &st) < 0)
        return err_errno(err, errno, "cannot read");
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_FORMAT, "not a regular file");
    int ret = read_end(fd, (uint64_t)st.st_size, &end, err);
    if (ret == 0)
        ret = read_directory(fd, &end, max_entries, &l, err);
    if (ret == 0 && l.count == 0)
        ret = bad(err, "it has no entries");
    if (ret == 0)
        ret = check_spans(fd, &l, end.offset, err);
    if (ret < 0)
        return ret;
    *ret_layout = l;
    l = (struct zip_layout)ZIP_LAYOUT_INIT;
    return 0;
}

void zip_layout_release(struct zip_layout *l)
{
    free(l->spans);
    free(l->directory);
    *l = (struct zip_layout)ZIP_LAYOUT_INIT;
}
