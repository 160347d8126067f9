/* The pinned compressor: zlib's deflate and inflate as streams, and its known-answer test. */
#include "zip/deflate.h"

#include <pthread.h>
#include <string.h>
#include <zlib.h>

#include "base/sha256.h"

enum {
    LEVEL = 6,
    WINDOW_BITS = -15, /* negative: no zlib header */
    MEM_LEVEL = 8,
    INFLATED_CHUNK = 65536,
    DEFLATED_CHUNK = 16384
};

struct codec {
    z_stream deflater;
    z_stream inflater;
    bool has_deflater, has_inflater;
    bool inflate_ended;
    uint64_t inflate_left; /* how much may still come out */
    uint8_t inflated[INFLATED_CHUNK];
    uint8_t deflated[DEFLATED_CHUNK]; /* then appended: a caller's buffer grows by what came out */
};

struct codec *codec_new(void)
{
    return xcalloc(1, sizeof(struct codec));
}

void codec_free(struct codec *c)
{
    if (!c)
        return;
    if (c->has_deflater)
        (void)deflateEnd(&c->deflater); /* an error says only that a stream was not finished */
    if (c->has_inflater)
        (void)inflateEnd(&c->inflater);
    free_ptr(&c);
}

void deflate_start(struct codec *c)
{
    /* Resetting costs a fraction of what 256 KiB of new tables cost, and gives the same stream. */
    int ret = c->has_deflater ? deflateReset(&c->deflater)
                              : deflateInit2(&c->deflater, LEVEL, Z_DEFLATED, WINDOW_BITS,
                                             MEM_LEVEL, Z_DEFAULT_STRATEGY);
    if (ret != Z_OK)
        BUG("zlib cannot start to compress: %d", ret);
    c->has_deflater = true;
}

static int deflate_step(struct codec *c, int flush, struct str *out)
{
    z_stream *z = &c->deflater;

    z->next_out = c->deflated;
    z->avail_out = sizeof(c->deflated);
    int ret = deflate(z, flush);
    if (ret != Z_OK && ret != Z_STREAM_END && ret != Z_BUF_ERROR)
        BUG("zlib cannot compress: %d", ret);
    str_append(out, (const char *)c->deflated, sizeof(c->deflated) - z->avail_out);
    return ret;
}

void deflate_feed(struct codec *c, const void *bytes, size_t len, struct str *out)
{
    z_stream *z = &c->deflater;

    while (len) {
        uInt part = len < (1U << 30) ? (uInt)len : 1U << 30;
        z->next_in = (Bytef *)(uintptr_t)bytes; /* zlib does not write to it */
        z->avail_in = part;
        while (z->avail_in)
            (void)deflate_step(c, Z_NO_FLUSH, out);
        bytes = (const char *)bytes + part;
        len -= part;
    }
}

void deflate_finish(struct codec *c, struct str *out)
{
    c->deflater.next_in = NULL;
    c->deflater.avail_in = 0;
    while (deflate_step(c, Z_FINISH, out) != Z_STREAM_END)
        ;
}

void deflate_bytes(struct codec *c, const void *bytes, size_t len, struct str *out)
{
    deflate_start(c);
    deflate_feed(c, bytes, len, out);
    deflate_finish(c, out);
}

void inflate_start(struct codec *c, uint64_t limit)
{
    int ret =
        c->has_inflater ? inflateReset(&c->inflater) : inflateInit2(&c->inflater, WINDOW_BITS);
    if (ret != Z_OK)
        BUG("zlib cannot start to decompress: %d", ret);
    c->has_inflater = true;
    c->inflater.avail_out = 1; /* see the loop of inflate_feed */
    c->inflate_ended = false;
    c->inflate_left = limit;
}

static int inflate_step(struct codec *c, bytes_sink sink, void *arg, struct err *err)
{
    z_stream *z = &c->inflater;

    z->next_out = c->inflated;
    z->avail_out = sizeof(c->inflated);
    int ret = inflate(z, Z_NO_FLUSH);
    if (ret == Z_MEM_ERROR)
        BUG("out of memory in zlib");
    if (ret != Z_OK && ret != Z_STREAM_END && ret != Z_BUF_ERROR)
        return err_set(err, ERR_FORMAT, "damaged deflate stream");
    size_t got = sizeof(c->inflated) - z->avail_out;
    if (got > c->inflate_left)
        return err_set(err, ERR_FORMAT, "holds more bytes than it says");
    c->inflate_left -= got;
    c->inflate_ended = ret == Z_STREAM_END;
    return got ? sink(arg, c->inflated, got, err) : 0;
}

int inflate_feed(struct codec *c, const void *bytes, size_t len, bytes_sink sink, void *arg,
                 struct err *err)
{
    z_stream *z = &c->inflater;

    if (len > UINT32_MAX)
        BUG("input is given in pieces");
    z->next_in = (Bytef *)(uintptr_t)bytes;
    z->avail_in = (uInt)len;
    /* A full output buffer may hide more output although the input is used up. */
    while (!c->inflate_ended && (z->avail_in || z->avail_out == 0)) {
        int ret = inflate_step(c, sink, arg, err);
        if (ret < 0)
            return ret;
    }
    if (z->avail_in)
        return err_set(err, ERR_FORMAT, "has bytes behind its deflate stream");
    z->avail_out = 1; /* nothing is pending when the next input comes */
    return 0;
}

int inflate_finish(struct codec *c, struct err *err)
{
    return c->inflate_ended ? 0 : err_set(err, ERR_FORMAT, "deflate stream is cut off");
}

uint32_t crc32_add(uint32_t crc, const void *bytes, size_t len)
{
    return (uint32_t)crc32_z(crc, bytes, len);
}

const char *deflate_version(void)
{
    return zlibVersion();
}

/*
 * The samples: four kinds of bytes (zeros, noise, words, a slow ramp) from a fixed generator, in sizes around
 * zlib's own limits. tests/e2e/test_normal_form.py computes the same digest with Python's zlib.
 */
static const size_t sample_sizes[] = {0, 1, 2, 257, 4096, 32767, 65537};

static void fill_sample(uint8_t *buf, size_t len, unsigned kind)
{
    uint32_t state = 1 + kind;

    for (size_t i = 0; i < len; i++) {
        state = state * 1664525U + 1013904223U;
        uint8_t noise = (uint8_t)(state >> 24);
        const uint8_t bytes[] = {0, noise, (uint8_t)("import self\n"[(noise % 12)]),
                                 (uint8_t)((i >> 5) + (noise & 1U))};
        buf[i] = bytes[kind];
    }
}

static const char known_answer[] =
    "a9daca6e5496ece4cf7254e0a7d1083670bf83ebbbd71b994e8cbf7d9bc6c25c";

static void digest_sample(struct codec *c, const uint8_t *sample, size_t len, struct sha256 *h)
{
    auto_str struct str out = STR_INIT;
    size_t step = 1;

    deflate_start(c);
    for (size_t at = 0; at < len; step = step * 3 + 1) {
        size_t part = step < len - at ? step : len - at;
        deflate_feed(c, sample + at, part, &out);
        at += part;
    }
    deflate_finish(c, &out);
    sha256_update(h, out.buf, out.len);
}

static void digest_samples(char ret_hex[SHA256_HEX])
{
    uint8_t digest[SHA256_BYTES];
    struct sha256 *h = sha256_new();
    struct codec *c = codec_new();
    auto_free uint8_t *sample = xmalloc(sample_sizes[ARRAY_SIZE(sample_sizes) - 1]);

    for (unsigned kind = 0; kind < 4; kind++)
        for (size_t i = 0; i < ARRAY_SIZE(sample_sizes); i++) {
            fill_sample(sample, sample_sizes[i], kind);
            digest_sample(c, sample, sample_sizes[i], h);
        }
    codec_free(c);
    sha256_final(h, digest);
    hex_encode(digest, sizeof(digest), ret_hex);
}

static pthread_once_t tested = PTHREAD_ONCE_INIT;
static bool answer_is_known; /* written once, under `tested` */

static void run_self_test(void)
{
    char hex[SHA256_HEX];

    digest_samples(hex);
    answer_is_known = strcmp(hex, known_answer) == 0;
}

int deflate_self_test(struct err *err)
{
    if (strcmp(zlibVersion(), ZLIB_VERSION) != 0)
        return err_set(err, ERR_ENVIRONMENT, "zlib is %s, but truewheel was built with %s",
                       zlibVersion(), ZLIB_VERSION);
    (void)pthread_once(&tested, run_self_test); /* cannot fail with a valid control */
    if (!answer_is_known)
        return err_set(err, ERR_ENVIRONMENT,
                       "the compressor in this truewheel (zlib %s) is not the reference zlib",
                       zlibVersion());
    return 0;
}
