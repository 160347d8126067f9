/* Decoders of packed content: liblzma for LZMA, libzip for bzip2 and zstd. */
#include "zip/zip_decode.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#include "base/str.h"
#include "zip/zip_fd.h"
#include "zip/zip_lzma.h"

/*
 * libzip unpacks what lies in an archive, and one archive at a time in one thread. So packed content is
 * shown to it as an archive of its own, which exists nowhere as a whole: a local header, the content
 * where it lies in the wheel, zeros, and a directory of one entry. libzip looks for the directory's end
 * in the last 64 KiB; with that many zeros behind it content cannot pass for one.
 */
enum { ZEROS = 70000, LOCAL_LEN = 31, TAIL_LEN = 69 };

struct view {
    struct zip_packed packed;
    struct str head, tail;
    uint64_t at;
    zip_error_t error;
};

struct zip_decoder {
    struct zip_lzma *lzma; /* or the rest */
    zip_t *archive;
    zip_file_t *file;
};

static void put(struct str *s, unsigned width, uint64_t value)
{
    for (unsigned i = 0; i < width; i++)
        str_addch(s, (char)(uint8_t)(value >> (8 * i)));
}

static void put_common(struct str *s, const struct zip_packed *packed)
{
    put(s, 2, 63); /* version needed */
    put(s, 2, 0);
    put(s, 2, packed->method);
    put(s, 4, 0x210000); /* 1980-01-01 */
    put(s, 4, packed->crc);
    put(s, 4, packed->packed_size);
    put(s, 4, packed->size);
    put(s, 2, 1); /* length of the name */
    put(s, 2, 0);
}

static void make_headers(struct view *v)
{
    put(&v->head, 4, 0x04034b50);
    put_common(&v->head, &v->packed);
    str_add(&v->head, "x");
    put(&v->tail, 4, 0x02014b50);
    put(&v->tail, 2, 63);
    put_common(&v->tail, &v->packed);
    put(&v->tail, 6, 0); /* no comment, first disk, no internal attributes */
    put(&v->tail, 8, 0); /* no external attributes, offset */
    str_add(&v->tail, "x");
    put(&v->tail, 4, 0x06054b50);
    put(&v->tail, 4, 0);
    put(&v->tail, 2, 1);
    put(&v->tail, 2, 1);
    put(&v->tail, 4, TAIL_LEN - 22);
    put(&v->tail, 4, v->head.len + v->packed.packed_size + ZEROS);
    put(&v->tail, 2, 0);
    if (v->head.len != LOCAL_LEN || v->tail.len != TAIL_LEN)
        BUG("a header has another length");
}

static uint64_t view_size(const struct view *v)
{
    return v->head.len + v->packed.packed_size + ZEROS + v->tail.len;
}

static ssize_t copy(void *buf, size_t len, const char *from, uint64_t from_len)
{
    size_t part = from_len < len ? (size_t)from_len : len;

    if (from)
        memcpy(buf, from, part);
    else
        memset(buf, 0, part);
    return (ssize_t)part;
}

/* From one of the four parts: the caller asks again for what lies in the next one. */
static ssize_t read_part(const struct view *v, void *buf, size_t len)
{
    uint64_t at = v->at;

    if (at < v->head.len)
        return copy(buf, len, v->head.buf + at, v->head.len - at);
    at -= v->head.len;
    if (at < v->packed.packed_size) {
        uint64_t left = v->packed.packed_size - at;
        return retry_eintr(
            pread(v->packed.fd, buf, left < len ? (size_t)left : len, (off_t)(v->packed.at + at)));
    }
    at -= v->packed.packed_size;
    if (at < ZEROS)
        return copy(buf, len, NULL, ZEROS - at);
    at -= ZEROS;
    return copy(buf, len, v->tail.buf + at, v->tail.len - at);
}

static zip_int64_t read_view(struct view *v, char *buf, zip_uint64_t len)
{
    zip_uint64_t done = 0;

    while (done < len && v->at < view_size(v)) {
        ssize_t n = read_part(v, buf + done, (size_t)(len - done));
        if (n <= 0) {
            zip_error_set(&v->error, ZIP_ER_READ, n < 0 ? errno : EIO);
            return -1;
        }
        v->at += (uint64_t)n;
        done += (uint64_t)n;
    }
    return (zip_int64_t)done;
}

static zip_int64_t stat_view(struct view *v, zip_stat_t *st, zip_uint64_t len)
{
    if (len < sizeof(*st))
        return -1;
    zip_stat_init(st);
    st->size = view_size(v);
    st->valid = ZIP_STAT_SIZE;
    return sizeof(*st);
}

static zip_int64_t seek_view(struct view *v, void *data, zip_uint64_t len)
{
    zip_int64_t at = zip_source_seek_compute_offset(v->at, view_size(v), data, len, &v->error);

    if (at < 0)
        return -1;
    v->at = (uint64_t)at;
    return 0;
}

static void free_view(struct view *v)
{
    str_release(&v->head);
    str_release(&v->tail);
    zip_error_fini(&v->error);
    free(v);
}

static zip_int64_t command_view(void *arg, void *data, zip_uint64_t len, zip_source_cmd_t command)
{
    struct view *v = arg;

    switch (command) {
    case ZIP_SOURCE_SUPPORTS:
        return ZIP_SOURCE_SUPPORTS_SEEKABLE;
    case ZIP_SOURCE_OPEN:
        v->at = 0;
        return 0;
    case ZIP_SOURCE_READ:
        return read_view(v, data, len);
    case ZIP_SOURCE_CLOSE:
        return 0;
    case ZIP_SOURCE_STAT:
        return stat_view(v, data, len);
    case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&v->error, data, len);
    case ZIP_SOURCE_FREE:
        free_view(v);
        return 0;
    case ZIP_SOURCE_SEEK:
        return seek_view(v, data, len);
    case ZIP_SOURCE_TELL:
        return (zip_int64_t)v->at;
    default:
        zip_error_set(&v->error, ZIP_ER_OPNOTSUPP, 0);
        return -1;
    }
}

static zip_source_t *make_view(const struct zip_packed *packed, zip_error_t *error)
{
    struct view *v = xcalloc(1, sizeof(*v));

    *v = (struct view){.packed = *packed, .head = STR_INIT, .tail = STR_INIT};
    zip_error_init(&v->error);
    make_headers(v);
    zip_source_t *source = zip_source_function_create(command_view, v, error);
    if (!source)
        free_view(v);
    return source;
}

static int open_view(const struct zip_packed *packed, struct zip_decoder *d, struct err *err)
{
    zip_error_t error;
    int ret = 0;

    zip_error_init(&error);
    zip_source_t *source = make_view(packed, &error);
    if (source && !(d->archive = zip_open_from_source(source, ZIP_RDONLY, &error)))
        zip_source_free(source);
    if (!d->archive)
        ret = zip_fail(err, &error, "cannot be unpacked");
    else if (!(d->file = zip_fopen_index(d->archive, 0, 0)))
        ret = zip_fail(err, zip_get_error(d->archive), "cannot be unpacked");
    zip_error_fini(&error);
    return ret;
}

static int open_by_libzip(const struct zip_packed *packed, struct zip_decoder *d, struct err *err)
{
    if (packed->size >= UINT32_MAX || packed->packed_size >= UINT32_MAX)
        return err_set(err, ERR_FORMAT, "is larger than 4 GiB and not deflated");
    return open_view(packed, d, err);
}

int zip_check_method(uint16_t method, struct err *err)
{
    static const struct {
        uint16_t method;
        const char *name;
    } by_libzip[] = {{ZIP_METHOD_BZIP2, "bzip2"}, {ZIP_METHOD_ZSTD, "zstd"}};

    if (method == ZIP_METHOD_STORED || method == ZIP_METHOD_DEFLATED || method == ZIP_METHOD_LZMA)
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(by_libzip); i++) {
        if (by_libzip[i].method != method)
            continue;
        if (zip_compression_method_supported(method, 0))
            return 0;
        return err_set(err, ERR_FORMAT, "is compressed with %s, which libzip %s here does not read",
                       by_libzip[i].name, zip_libzip_version());
    }
    return err_set(err, ERR_FORMAT, "is compressed with method %u, which Python does not read",
                   method);
}

int zip_decoder_open(const struct zip_packed *packed, struct zip_decoder **ret_decoder,
                     struct err *err)
{
    struct zip_decoder *d = xcalloc(1, sizeof(*d));
    int ret = packed->method == ZIP_METHOD_LZMA ? zip_lzma_open(packed, &d->lzma, err)
                                                : open_by_libzip(packed, d, err);

    if (ret < 0)
        zip_decoder_close(d);
    else
        *ret_decoder = d;
    return ret;
}

void zip_decoder_close(struct zip_decoder *d)
{
    if (!d)
        return;
    zip_lzma_close(d->lzma);
    if (d->file)
        (void)zip_fclose(d->file); /* what it has to say was said by zip_fread */
    if (d->archive)
        zip_discard(d->archive);
    free(d);
}

int zip_decoder_read(struct zip_decoder *d, void *buf, size_t len, size_t *ret_len, struct err *err)
{
    if (d->lzma)
        return zip_lzma_read(d->lzma, buf, len, ret_len, err);
    zip_int64_t n = zip_fread(d->file, buf, len);
    if (n < 0)
        return zip_fail(err, zip_file_get_error(d->file), "damaged");
    *ret_len = (size_t)n;
    return 0;
}
