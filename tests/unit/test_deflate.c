/* The pinned compressor: its known answer, chunking, and damaged streams on the way back. */
#include "zip/deflate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/sha256.h"

static int append(void *arg, const void *bytes, size_t len, struct err *err)
{
    (void)err;
    str_append(arg, bytes, len);
    return 0;
}

/* Bytes that compress, but not to nothing. */
static void fill(struct str *s, size_t len)
{
    uint32_t state = 7;

    while (s->len < len) {
        state = state * 1664525U + 1013904223U;
        str_addf(s, "line %u\n", state >> 22);
    }
    str_truncate(s, len);
}

static void test_known_answer(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;

    assert_int_equal(deflate_self_test(&err), 0);
    assert_int_equal(deflate_self_test(&err), 0);
    assert_true(strlen(deflate_version()) > 2);
}

/* What Python's zlib.compressobj(6, DEFLATED, -15, 8) gives. */
static void test_one_stream(void **state UNUSED)
{
    struct codec *c = codec_new();
    auto_str struct str out = STR_INIT;

    deflate_bytes(c, "aaaaaaaaaa", 10, &out);
    assert_int_equal(out.len, 5);
    assert_memory_equal(out.buf, "\x4b\x4c\x84\x01\x00", 5);
    str_reset(&out);
    deflate_bytes(c, "", 0, &out);
    assert_int_equal(out.len, 2);
    assert_memory_equal(out.buf, "\x03\x00", 2);
    codec_free(c);
}

static void test_chunks_do_not_matter(void **state UNUSED)
{
    static const size_t steps[] = {1, 7, 4096, 65536, 1000000};
    struct codec *c = codec_new();
    auto_str struct str in = STR_INIT, whole = STR_INIT;

    fill(&in, 300001);
    deflate_bytes(c, in.buf, in.len, &whole);
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        auto_str struct str out = STR_INIT;
        deflate_start(c);
        for (size_t at = 0; at < in.len; at += steps[i])
            deflate_feed(c, in.buf + at, steps[i] < in.len - at ? steps[i] : in.len - at, &out);
        deflate_finish(c, &out);
        assert_int_equal(out.len, whole.len);
        assert_memory_equal(out.buf, whole.buf, out.len);
    }
    codec_free(c);
}

static void test_round_trip_in_pieces(void **state UNUSED)
{
    static const size_t steps[] = {1, 3, 1000, 1000000};
    struct codec *c = codec_new();
    auto_str struct str in = STR_INIT, packed = STR_INIT;

    fill(&in, 200000);
    deflate_bytes(c, in.buf, in.len, &packed);
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        auto_str struct str out = STR_INIT;
        inflate_start(c, in.len);
        for (size_t at = 0; at < packed.len; at += steps[i]) {
            size_t part = steps[i] < packed.len - at ? steps[i] : packed.len - at;
            assert_int_equal(inflate_feed(c, packed.buf + at, part, append, &out, NULL), 0);
        }
        assert_int_equal(inflate_finish(c, NULL), 0);
        assert_int_equal(out.len, in.len);
        assert_memory_equal(out.buf, in.buf, in.len);
    }
    codec_free(c);
}

static int inflate_all(struct codec *c, const struct str *packed, uint64_t limit, struct err *err)
{
    auto_str struct str out = STR_INIT;

    inflate_start(c, limit);
    int ret = inflate_feed(c, packed->buf, packed->len, append, &out, err);
    return ret < 0 ? ret : inflate_finish(c, err);
}

static void test_damaged_streams(void **state UNUSED)
{
    struct codec *c = codec_new();
    auto_str struct str in = STR_INIT, packed = STR_INIT;

    fill(&in, 100000);
    deflate_bytes(c, in.buf, in.len, &packed);
    assert_int_equal(inflate_all(c, &packed, in.len, NULL), 0);
    assert_int_equal(inflate_all(c, &packed, in.len - 1, NULL), -ERR_FORMAT);
    assert_int_equal(inflate_all(c, &packed, 10, NULL), -ERR_FORMAT);
    str_addch(&packed, 'x');
    assert_int_equal(inflate_all(c, &packed, in.len, NULL), -ERR_FORMAT);
    str_truncate(&packed, packed.len - 2);
    assert_int_equal(inflate_all(c, &packed, in.len, NULL), -ERR_FORMAT);
    str_truncate(&packed, 0);
    assert_int_equal(inflate_all(c, &packed, in.len, NULL), -ERR_FORMAT);
    str_append(&packed, "\xff\xff\xff\xff", 4);
    assert_int_equal(inflate_all(c, &packed, in.len, NULL), -ERR_FORMAT);
    codec_free(c);
}

static int refuse(void *arg UNUSED, const void *bytes UNUSED, size_t len UNUSED, struct err *err)
{
    return err_set(err, ECANCELED, "enough");
}

static void test_sink_stops(void **state UNUSED)
{
    struct codec *c = codec_new();
    auto_str struct str packed = STR_INIT;

    deflate_bytes(c, "hello", 5, &packed);
    inflate_start(c, 5);
    assert_int_equal(inflate_feed(c, packed.buf, packed.len, refuse, NULL, NULL), -ECANCELED);
    codec_free(c);
}

static void test_crc(void **state UNUSED)
{
    assert_int_equal(crc32_add(0, "123456789", 9), 0xcbf43926);
    assert_int_equal(crc32_add(crc32_add(0, "1234", 4), "56789", 5), 0xcbf43926);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answer),
        cmocka_unit_test(test_one_stream),
        cmocka_unit_test(test_chunks_do_not_matter),
        cmocka_unit_test(test_round_trip_in_pieces),
        cmocka_unit_test(test_damaged_streams),
        cmocka_unit_test(test_sink_stops),
        cmocka_unit_test(test_crc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
