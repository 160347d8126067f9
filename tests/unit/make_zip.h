/*
 * Zip archives made byte by byte, so that each field can be a lie. For the unit tests only: static
 * functions, included by the test that needs them. What is zero in a spec is made honestly.
 */
#pragma once

#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "zip/deflate.h"

struct zip_spec {
    const char *name;
    size_t name_len; /* 0: strlen */
    const char *data;
    size_t len;          /* 0: strlen */
    uint32_t attributes; /* whole, with the mode in the upper half */
    bool deflate;
    bool descriptor;        /* sizes and CRC behind the data, zero in the local header */
    const char *local_name; /* another name in the local header */
    uint16_t flags;         /* more flags */
    uint16_t method;        /* instead of 0 or 8 */
    uint32_t size, crc;     /* instead of the true ones, in both headers */
    uint32_t local_size;    /* instead of the true one, in the local header alone */
    uint32_t local_crc;     /* likewise */
    const char *extra;      /* central extra field */
    size_t extra_len;
    uint32_t offset_plus1; /* local header's offset in the directory, plus 1 */
    uint32_t dos_time;     /* date in the upper half */
    uint16_t made_by;
    uint16_t version;        /* needed, instead of 2.0 */
    const char *local_extra; /* extra field of the local header */
    size_t local_extra_len;
};

struct zip_maker {
    struct str bytes;
    struct str directory;
    uint16_t count;
};

#define ZIP_MAKER_INIT                                                                             \
    {                                                                                              \
        .bytes = STR_INIT, .directory = STR_INIT                                                   \
    }

static UNUSED void put16(struct str *s, uint32_t v)
{
    str_addch(s, (char)(v & 255));
    str_addch(s, (char)(v >> 8 & 255));
}

static UNUSED void put32(struct str *s, uint32_t v)
{
    put16(s, v);
    put16(s, v >> 16);
}

static UNUSED void put64(struct str *s, uint64_t v)
{
    put32(s, (uint32_t)v);
    put32(s, (uint32_t)(v >> 32));
}

static UNUSED void put_common(struct str *s, const struct zip_spec *z, uint32_t crc,
                              uint32_t packed, uint32_t size, size_t name_len)
{
    put16(s, z->version ? z->version : 20);
    put16(s, z->flags | (z->descriptor ? 8U : 0));
    put16(s, z->method ? z->method : z->deflate ? 8 : 0);
    put32(s, z->dos_time);
    put32(s, crc);
    put32(s, packed);
    put32(s, size);
    put16(s, (uint32_t)name_len);
}

static UNUSED void zip_put(struct zip_maker *m, const struct zip_spec *z)
{
    size_t len = z->len ? z->len : z->data ? strlen(z->data) : 0;
    size_t name_len = z->name_len ? z->name_len : strlen(z->name);
    const char *local_name = z->local_name ? z->local_name : z->name;
    size_t local_len = z->local_name ? strlen(z->local_name) : name_len;
    uint32_t crc = z->crc ? z->crc : crc32_add(0, z->data, len);
    uint32_t size = z->size ? z->size : (uint32_t)len;
    uint32_t at = (uint32_t)m->bytes.len;
    auto_str struct str packed = STR_INIT;

    if (z->deflate) {
        struct codec *codec = codec_new();
        deflate_bytes(codec, z->data, len, &packed);
        codec_free(codec);
    } else {
        str_append(&packed, z->data ? z->data : "", len);
    }
    put32(&m->bytes, 0x04034b50);
    put_common(&m->bytes, z,
               z->local_crc    ? z->local_crc
               : z->descriptor ? 0
                               : crc,
               z->descriptor ? 0 : (uint32_t)packed.len,
               z->local_size   ? z->local_size
               : z->descriptor ? 0
                               : size,
               local_len);
    put16(&m->bytes, (uint32_t)z->local_extra_len);
    str_append(&m->bytes, local_name, local_len);
    str_append(&m->bytes, z->local_extra ? z->local_extra : "", z->local_extra_len);
    str_append(&m->bytes, packed.buf, packed.len);
    if (z->descriptor) {
        put32(&m->bytes, 0x08074b50);
        put32(&m->bytes, crc);
        put32(&m->bytes, (uint32_t)packed.len);
        put32(&m->bytes, size);
    }

    put32(&m->directory, 0x02014b50);
    put16(&m->directory, z->made_by ? z->made_by : 0x0314);
    put_common(&m->directory, z, crc, (uint32_t)packed.len, size, name_len);
    put16(&m->directory, (uint32_t)z->extra_len);
    put16(&m->directory, 0);
    put16(&m->directory, 0);
    put16(&m->directory, 0);
    put32(&m->directory, z->attributes);
    put32(&m->directory, z->offset_plus1 ? z->offset_plus1 - 1 : at);
    str_append(&m->directory, z->name, name_len);
    str_append(&m->directory, z->extra ? z->extra : "", z->extra_len);
    m->count++;
}

static UNUSED void zip_add_text(struct zip_maker *m, const char *name, const char *text)
{
    zip_put(m, &(struct zip_spec){.name = name,
                                  .data = text,
                                  .deflate = true,
                                  .attributes = (uint32_t)(S_IFREG | 0644) << 16});
}

static UNUSED void zip_end(struct zip_maker *m, const char *comment)
{
    uint32_t at = (uint32_t)m->bytes.len;

    str_append(&m->bytes, m->directory.buf, m->directory.len);
    put32(&m->bytes, 0x06054b50);
    put32(&m->bytes, 0);
    put16(&m->bytes, m->count);
    put16(&m->bytes, m->count);
    put32(&m->bytes, (uint32_t)m->directory.len);
    put32(&m->bytes, at);
    put16(&m->bytes, (uint32_t)strlen(comment));
    str_add(&m->bytes, comment);
}

/* A memory file with these bytes; the caller closes it. */
static UNUSED int fd_of(const void *bytes, size_t len)
{
    int fd = memfd_create("test", MFD_CLOEXEC);

    if (fd < 0 || write_full(fd, bytes, len) < 0)
        BUG("no memory file");
    return fd;
}

/* Ends the archive, empties the maker. */
static UNUSED int zip_finish(struct zip_maker *m)
{
    zip_end(m, "");
    int fd = fd_of(m->bytes.buf, m->bytes.len);
    str_release(&m->bytes);
    str_release(&m->directory);
    m->count = 0;
    return fd;
}
