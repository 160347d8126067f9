/* Tells compressors apart by their streams. */
#include "zip/deflate_origin.h"

#include <string.h>
#include <zlib.h>

#include "zip/deflate_shape.h"

enum {
    RAW_WINDOW = -15,
    MAX_LEVEL = 9,
    ZLIB_FARTHEST = 32768 - 262, /* no zlib looks further back (MAX_DIST) */
    QUICK_TAIL = 261,            /* what zlib-ng's fastest level leaves for a block of its own */
    PIECE = 16384
};

/* Compresses until the first byte that differs. */
static bool gives(z_stream *z, const uint8_t *packed, size_t packed_len, const void *content,
                  size_t len)
{
    uint8_t out[PIECE] = {0};
    int ret = Z_OK;

    z->next_in = (Bytef *)(uintptr_t)content; /* zlib does not write to it */
    z->avail_in = (uInt)len;
    while (ret == Z_OK) {
        z->next_out = out;
        z->avail_out = sizeof(out);
        ret = deflate(z, Z_FINISH);
        size_t made = sizeof(out) - z->avail_out;
        if (made > packed_len || memcmp(out, packed, made) != 0)
            return false;
        packed += made;
        packed_len -= made;
    }
    return ret == Z_STREAM_END && packed_len == 0;
}

static bool level_gives(int level, int mem_level, const void *packed, size_t packed_len,
                        const void *content, size_t len)
{
    z_stream z = {0};

    if (len > UINT32_MAX ||
        deflateInit2(&z, level, Z_DEFLATED, RAW_WINDOW, mem_level, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    bool same = gives(&z, packed, packed_len, content, len);
    (void)deflateEnd(&z); /* an error says only that the stream was not finished */
    return same;
}

static bool is_zlib(const void *packed, size_t packed_len, const void *content, size_t len,
                    struct deflate_origin *origin)
{
    for (int mem_level = 8; mem_level <= 9; mem_level++) {
        for (int level = 1; level <= MAX_LEVEL; level++) {
            if (!level_gives(level, mem_level, packed, packed_len, content, len))
                continue;
            origin->levels |= (uint16_t)(1U << level);
            origin->mem_levels |= (uint16_t)(1U << mem_level);
        }
    }
    return origin->levels;
}

/* One less than a power of two: what a zlib's buffer of symbols holds. */
static bool fills_zlib_buffer(uint64_t symbols)
{
    return symbols >= 127 && symbols <= 65535 && (symbols & (symbols + 1)) == 0;
}

static enum deflate_maker maker_of(const struct deflate_shape *s)
{
    bool near = s->farthest <= ZLIB_FARTHEST;
    uint64_t blocks = s->stored + s->fixed + s->dynamic;

    if (!s->fixed && !s->dynamic)
        return DEFLATE_BY_NOBODY;
    if (s->flushed && s->last_is_fixed && !s->last_size)
        return DEFLATE_BY_FLATE2;
    if (s->regular && s->symbols == 16384)
        return DEFLATE_BY_GO;
    if (near && s->regular && fills_zlib_buffer(s->symbols))
        return DEFLATE_BY_ZLIB_NG;
    if (near && !s->dynamic && s->fixed == 2 && s->last_size <= QUICK_TAIL)
        return DEFLATE_BY_ZLIB_NG;
    if (s->dynamic && s->symbols > UINT16_MAX)
        return DEFLATE_BY_ISAL;
    if (!near && blocks > 1 && !s->regular)
        return DEFLATE_BY_LIBDEFLATE;
    return DEFLATE_BY_UNKNOWN;
}

void deflate_origin_of(const void *packed, size_t packed_len, const void *content, size_t len,
                       struct deflate_origin *ret_origin)
{
    struct deflate_origin origin = {DEFLATE_BY_UNKNOWN, 0, 0};
    struct deflate_shape shape;

    if (is_zlib(packed, packed_len, content, len, &origin))
        origin.maker = DEFLATE_BY_ZLIB;
    else if (deflate_shape_read(packed, packed_len, &shape))
        origin.maker = maker_of(&shape);
    *ret_origin = origin;
}
