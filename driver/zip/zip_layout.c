/* Reads an archive's directory and local headers and refuses what is not plain. */
#include "zip/zip_layout.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "zip/zip_bytes.h"
#include "zip/zip_end.h"

/* Sizes without the variable parts, signatures and fields (APPNOTE.TXT, 4.3 to 4.6). */
enum {
    LOCAL_LEN = 30,
    CENTRAL_LEN = 46,
    MAX_VARIABLE = 3 * 65535, /* name, extra field and comment of one entry of the directory */
    MAX_DIRECTORY = 256 << 20,
    MAX_DESCRIPTOR = 24,
    EXTRA_ZIP64 = 1,
    EXTRA_UNICODE_PATH = 0x7075
};
#define LOCAL_MAGIC 0x04034b50U
#define CENTRAL_MAGIC 0x02014b50U
#define DESCRIPTOR_MAGIC 0x08074b50U

/* Both headers must agree on these: all flags that change what a reader sees. */
#define FLAGS_THAT_COUNT                                                                           \
    (ZIP_FLAG_ENCRYPTED | ZIP_FLAG_DESCRIPTOR | ZIP_FLAG_PATCHED | ZIP_FLAG_STRONG_ENCRYPTION |    \
     ZIP_FLAG_UTF8 | ZIP_FLAG_HIDDEN)

/*
 * The zip64 field replaces those of size, packed size and offset that are all ones, in this order; NULL
 * for what a header does not have.
 */
struct sizes {
    uint64_t *size, *packed, *offset;
};

static bool take64(const uint8_t **p, const uint8_t *end, uint64_t *value)
{
    if (!value || *value != UINT32_MAX)
        return true;
    if (end - *p < 8)
        return false;
    *value = get64(*p);
    *p += 8;
    return true;
}

static int read_zip64(const uint8_t *p, const uint8_t *end, const struct sizes *sizes,
                      struct err *err)
{
    if (take64(&p, end, sizes->size) && take64(&p, end, sizes->packed) &&
        take64(&p, end, sizes->offset))
        return 0;
    return zip_refuse(err, "a zip64 field is cut off");
}

static int read_extra(const uint8_t *p, size_t len, const struct sizes *sizes, bool *ret_zip64,
                      struct err *err)
{
    const uint8_t *end = p + len;
    int ret = 0;

    *ret_zip64 = false;
    while (end - p >= 4 && ret == 0) {
        uint16_t id = get16(p), field_len = get16(p + 2);
        const uint8_t *field = p + 4;
        if (end - field < field_len)
            return zip_refuse(err, "an extra field is cut off");
        p = field + field_len;
        if (id == EXTRA_UNICODE_PATH)
            return zip_refuse(err, "an entry has a second name");
        if (id != EXTRA_ZIP64)
            continue;
        if (*ret_zip64)
            return zip_refuse(err, "an entry has a zip64 field twice");
        *ret_zip64 = true;
        ret = read_zip64(field, p, sizes, err);
    }
    return ret;
}

static int read_central(const struct zip_layout *l, size_t *at, struct zip_span *span,
                        struct err *err)
{
    const uint8_t *p = (const uint8_t *)l->directory + *at;
    size_t left = l->directory_len - *at;
    bool zip64;

    if (left < CENTRAL_LEN || get32(p) != CENTRAL_MAGIC)
        return zip_refuse(err, "its directory is damaged");
    size_t name_len = get16(p + 28), extra_len = get16(p + 30);
    size_t len = CENTRAL_LEN + name_len + extra_len + get16(p + 32);
    if (left < len)
        return zip_refuse(err, "its directory is cut off");
    *span = (struct zip_span){.version = get16(p + 6),
                              .flags = get16(p + 8),
                              .method = get16(p + 10),
                              .crc = get32(p + 16),
                              .packed_size = get32(p + 20),
                              .size = get32(p + 24),
                              .attributes = get32(p + 38),
                              .header_at = get32(p + 42),
                              .name_len = (uint16_t)name_len,
                              .name_at = *at + CENTRAL_LEN};
    if (memchr(p + CENTRAL_LEN, '\0', name_len))
        return zip_refuse(err, "a name has a NUL byte");
    if (get16(p + 34))
        return zip_refuse(err, "it is one of several disks");
    *at += len;
    struct sizes sizes = {&span->size, &span->packed_size, &span->header_at};
    return read_extra(p + CENTRAL_LEN + name_len, extra_len, &sizes, &zip64, err);
}

static int read_directory(int fd, const struct zip_end *end, size_t max_entries,
                          struct zip_layout *l, struct err *err)
{
    if (end->offset > end->at || end->size != end->at - end->offset)
        return zip_refuse(err, "its directory does not end where its end record starts");
    if (end->count > max_entries)
        return err_set(err, ERR_FORMAT, "more than %zu entries", max_entries);
    if (end->size / CENTRAL_LEN < end->count)
        return zip_refuse(err, "its directory is too small for its entries");
    /* The file's size is no bound: a sparse file of any size costs its maker nothing. */
    if (end->size > MAX_DIRECTORY || end->size > end->count * (CENTRAL_LEN + MAX_VARIABLE))
        return zip_refuse(err, "its directory is too large for its entries");
    l->directory_len = (size_t)end->size;
    l->directory = xmalloc(l->directory_len + 1);
    l->spans = xcalloc((size_t)end->count + 1, sizeof(*l->spans));
    int ret = zip_read_at(fd, l->directory, l->directory_len, end->offset, err);
    size_t at = 0;
    for (; ret == 0 && l->count < end->count; l->count++)
        ret = read_central(l, &at, &l->spans[l->count], err);
    if (ret == 0 && at != l->directory_len)
        ret = zip_refuse(err, "its directory has more entries than its end record says");
    return ret;
}

static int compare_spans(const void *a, const void *b)
{
    const struct zip_span *x = *(const struct zip_span *const *)a;
    const struct zip_span *y = *(const struct zip_span *const *)b;

    return (x->header_at > y->header_at) - (x->header_at < y->header_at);
}

/* A local value may be left out, as zero, when a descriptor follows the data. */
static bool agrees(uint64_t local, uint64_t central, bool later)
{
    return local == central || (later && local == 0);
}

static int check_local(const struct zip_layout *l, const struct zip_span *span,
                       const uint8_t *local, struct err *err)
{
    bool later = span->flags & ZIP_FLAG_DESCRIPTOR;

    if (get32(local) != LOCAL_MAGIC)
        return zip_refuse(err, "an entry has no header");
    if (get16(local + 26) != span->name_len ||
        memcmp(local + LOCAL_LEN, l->directory + span->name_at, span->name_len) != 0)
        return zip_refuse(err, "an entry has two names");
    if (get16(local + 8) != span->method || (get16(local + 6) ^ span->flags) & FLAGS_THAT_COUNT ||
        !agrees(get32(local + 14), span->crc, later))
        return zip_refuse(err, "an entry's header contradicts the directory");
    return 0;
}

static int check_local_sizes(const struct zip_span *span, const uint8_t *local,
                             const uint8_t *extra, size_t extra_len, struct err *err)
{
    bool later = span->flags & ZIP_FLAG_DESCRIPTOR, zip64;
    uint64_t packed = get32(local + 18), size = get32(local + 22);
    bool needs_zip64 = packed == UINT32_MAX || size == UINT32_MAX;
    struct sizes sizes = {&size, &packed, NULL};
    int ret = read_extra(extra, extra_len, &sizes, &zip64, err);

    if (ret < 0)
        return ret;
    if ((needs_zip64 && !zip64) || !agrees(size, span->size, later) ||
        !agrees(packed, span->packed_size, later))
        return zip_refuse(err, "an entry's header contradicts the directory");
    return 0;
}

/* A descriptor is crc and two sizes of 4 or 8 bytes, with or without a signature. */
static int check_gap(int fd, const struct zip_span *span, uint64_t end, uint64_t next,
                     struct err *err)
{
    uint8_t gap[MAX_DESCRIPTOR];
    uint64_t len = next - end;

    if (next < end)
        return zip_refuse(err, "entries overlap");
    if (len == 0 && !(span->flags & ZIP_FLAG_DESCRIPTOR))
        return 0;
    if (!(span->flags & ZIP_FLAG_DESCRIPTOR) ||
        (len != 12 && len != 16 && len != 20 && len != MAX_DESCRIPTOR))
        return zip_refuse(err, "bytes that belong to no entry");
    int ret = zip_read_at(fd, gap, (size_t)len, end, err);
    if (ret < 0)
        return ret;
    const uint8_t *p = gap;
    if (len == 16 || len == MAX_DESCRIPTOR) {
        if (get32(p) != DESCRIPTOR_MAGIC)
            return zip_refuse(err, "a data descriptor is damaged");
        p += 4;
        len -= 4;
    }
    uint64_t packed = len == 12 ? get32(p + 4) : get64(p + 4);
    uint64_t size = len == 12 ? get32(p + 8) : get64(p + 12);
    if (get32(p) != span->crc || packed != span->packed_size || size != span->size)
        return zip_refuse(err, "a data descriptor contradicts the directory");
    return 0;
}

/* `local` has room for the largest header. */
static int read_local(int fd, const struct zip_layout *l, struct zip_span *span, uint8_t *local,
                      struct err *err)
{
    size_t len = LOCAL_LEN + (size_t)span->name_len;
    int ret = zip_read_at(fd, local, len, span->header_at, err);

    if (ret == 0)
        ret = check_local(l, span, local, err);
    if (ret < 0)
        return ret;
    size_t extra_len = get16(local + 28);
    span->data_at = span->header_at + len + extra_len;
    ret = zip_read_at(fd, local + len, extra_len, span->header_at + len, err);
    return ret < 0 ? ret : check_local_sizes(span, local, local + len, extra_len, err);
}

static int check_span(int fd, const struct zip_layout *l, struct zip_span *span, uint64_t next,
                      uint8_t *buf, struct err *err)
{
    int ret = read_local(fd, l, span, buf, err);

    if (ret < 0)
        return ret;
    if (span->data_at > next || span->packed_size > next - span->data_at)
        return zip_refuse(err, "entries overlap");
    return check_gap(fd, span, span->data_at + span->packed_size, next, err);
}

static int check_spans(int fd, struct zip_layout *l, uint64_t directory_at, struct err *err)
{
    auto_free struct zip_span **order = xmalloc((l->count + 1) * sizeof(*order));
    auto_free uint8_t *buf = xmalloc(LOCAL_LEN + 2 * UINT16_MAX);
    int ret = 0;

    for (size_t i = 0; i < l->count; i++)
        order[i] = &l->spans[i];
    qsort(order, l->count, sizeof(struct zip_span *), compare_spans);
    if (order[0]->header_at != 0)
        return zip_refuse(err, "bytes before the first entry");
    for (size_t i = 0; i < l->count && ret == 0; i++) {
        uint64_t next = i + 1 < l->count ? order[i + 1]->header_at : directory_at;
        ret = check_span(fd, l, order[i], next, buf, err);
    }
    return ret;
}

int zip_layout_read(int fd, size_t max_entries, struct zip_layout *ret_layout, struct err *err)
{
    auto_zip_layout struct zip_layout l = ZIP_LAYOUT_INIT;
    struct zip_end end = {0};
    struct stat st;

    if (fstat(fd, &st) < 0)
        return err_errno(err, errno, "cannot read");
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_FORMAT, "not a regular file");
    int ret = zip_end_read(fd, (uint64_t)st.st_size, &end, err);
    if (ret == 0)
        ret = read_directory(fd, &end, max_entries, &l, err);
    if (ret == 0 && l.count == 0)
        ret = zip_refuse(err, "it has no entries");
    if (ret == 0)
        ret = check_spans(fd, &l, end.offset, err);
    if (ret < 0)
        return ret;
    l.comment_len = end.comment_len;
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
