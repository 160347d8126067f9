/*
 * The pinned compressor, and the matching decompressor. Raw deflate, level 6, memLevel 8, window 15,
 * by the reference zlib that is linked statically and not exported: neither the system's libz nor a
 * preloaded one can change a byte. These are the streams of CPython's zipfile on the reference zlib;
 * they have been the same since zlib 1.2.3 and do not depend on the sizes of the caller's buffers
 * (zlib-ng's do). docs/normal-form.md gives the reasons.
 *
 * A codec is reused for many streams, one after the other, and belongs to one thread at a time;
 * separate codecs are independent.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

struct codec;

struct codec *codec_new(void);
void codec_free(struct codec *c); /* accepts NULL */

/* What comes out of a codec, piece by piece; bytes are only valid during the call. */
typedef int (*bytes_sink)(void *arg, const void *bytes, size_t len, struct err *err);

/*
 * One deflate stream: start, any number of feeds, finish. What is ready is appended to `out` at each
 * call; the caller may empty `out` in between.
 */
void deflate_start(struct codec *c);
void deflate_feed(struct codec *c, const void *bytes, size_t len, struct str *out);
void deflate_finish(struct codec *c, struct str *out);

/* All at once. */
void deflate_bytes(struct codec *c, const void *bytes, size_t len, struct str *out);

/*
 * One raw deflate stream the other way. inflate_feed gives everything that len bytes of input make
 * to the sink; it fails with ERR_FORMAT on a damaged stream, on input behind the stream's end and as
 * soon as more than `limit` bytes (of inflate_start) have come out. inflate_finish fails when the
 * stream has not ended.
 */
void inflate_start(struct codec *c, uint64_t limit);
int inflate_feed(struct codec *c, const void *bytes, size_t len, bytes_sink sink, void *arg,
                 struct err *err);
int inflate_finish(struct codec *c, struct err *err);

/* CRC-32 as zip has it, by the same zlib; starts from 0. */
uint32_t crc32_add(uint32_t crc, const void *bytes, size_t len);

/*
 * The known-answer test: compresses fixed samples with odd buffer sizes and compares the digest of
 * the streams with the one that every reference zlib gives. Fails with ERR_ENVIRONMENT when the
 * linked compressor is another one. A few milliseconds, once per process; any thread.
 */
int deflate_self_test(struct err *err);

/* The version of the linked zlib, for the record beside a wheel. */
const char *deflate_version(void);
