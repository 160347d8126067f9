/*
 * Which compressor wrote a deflate stream. The reference zlib is found by compressing the content again
 * at each of its levels: the bytes are the same or they are not. Other compressors are told by what
 * they cannot hide (zip/deflate_shape.h): where they end blocks, how far back they look, whether they
 * flush before the end. Where nothing shows, the answer is DEFLATE_BY_UNKNOWN; a short stream of
 * another compressor often says no more.
 *
 * Cost: a few milliseconds per MiB when the level is not among the first tried; memory is fixed. Any
 * thread.
 */
#pragma once

#include "base/util.h"

enum deflate_maker {
    DEFLATE_BY_UNKNOWN,
    DEFLATE_BY_ZLIB,       /* the reference zlib; which levels: `levels` */
    DEFLATE_BY_NOBODY,     /* stored blocks only: level 0 */
    DEFLATE_BY_ZLIB_NG,    /* a zlib by its blocks and distances, but not the reference one */
    DEFLATE_BY_FLATE2,     /* flushes before its end, as Rust's zip writers do (maturin, uv) */
    DEFLATE_BY_GO,         /* blocks of 16384 symbols */
    DEFLATE_BY_ISAL,       /* dynamic blocks of more than 65535 symbols */
    DEFLATE_BY_LIBDEFLATE, /* blocks where the content changes; zopfli and 7-Zip do so too */
    DEFLATE_MAKER_COUNT
};

struct deflate_origin {
    enum deflate_maker maker;
    uint16_t levels;     /* of the reference zlib: bit n is level n; several for short content */
    uint16_t mem_levels; /* likewise, bit 8 or 9 */
};

/* `content` is what the stream unpacks to. */
void deflate_origin_of(const void *packed, size_t packed_len, const void *content, size_t len,
                       struct deflate_origin *ret_origin);
