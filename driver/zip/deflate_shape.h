/*
 * The shape of a deflate stream (RFC 1951): its blocks, and how many symbols each has. Compressors end
 * their blocks by rules of their own, so the shape tells them apart where recompressing does not
 * (zip/deflate_origin.h). Nothing is unpacked: symbols are counted, what they stand for is not kept.
 *
 * Hostile streams: time is linear in the stream's length, memory is fixed. Any thread.
 */
#pragma once

#include "base/util.h"

struct deflate_shape {
    uint64_t stored, fixed, dynamic; /* blocks of each kind */
    uint64_t symbols;                /* of the first block, when it is not stored */
    bool regular;       /* several blocks, and all but the last have that many symbols */
    uint64_t last_size; /* bytes that the last block stands for */
    bool last_is_fixed;
    bool flushed;      /* an empty stored block: the compressor was told to flush before its end */
    uint32_t farthest; /* the largest distance of a match */
};

/* False when it is no whole stream, or bytes follow it. */
bool deflate_shape_read(const void *bytes, size_t len, struct deflate_shape *ret_shape);
