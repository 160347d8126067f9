/*
 * Which compressor packed the files of an archive, seen over many of them: short files fit many levels,
 * a long one tells (zip/deflate_origin.h). Fixed memory; not shared between threads.
 */
#pragma once

#include "zip/deflate_origin.h"
#include "compare/context.h"

struct compressor {
    size_t seen;
    uint64_t looked_at;                 /* bytes of content that were compressed again */
    size_t makers[DEFLATE_MAKER_COUNT]; /* files of each */
    uint16_t levels;                    /* of the reference zlib, that fit all its files */
    uint16_t mem_levels;
};

#define COMPRESSOR_INIT                                                                            \
    {                                                                                              \
        .levels = UINT16_MAX, .mem_levels = UINT16_MAX                                             \
    }

/* A deflate stream and what it unpacks to. After enough of them, more are not looked at. */
void compressor_see(struct compressor *c, struct bytes packed, struct bytes content);
/* Whether more files are wanted. */
bool compressor_is_open(const struct compressor *c);

/* Adds the finding that says in what they differ; something differs, or it would not be asked. */
void compressor_compare(struct context *c, const char *where, const struct compressor *a,
                        const struct compressor *b);
