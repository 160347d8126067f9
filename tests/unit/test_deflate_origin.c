/* Which compressor wrote a stream: shapes counted by hand, levels of the linked zlib, and damage. */
#include "zip/deflate_origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/str.h"
#include "zip/deflate_shape.h"

/* Enough words, in an order that no compressor guesses, to fill several blocks. */
static void make_text(struct str *out, size_t words)
{
    uint32_t seed = 1;

    for (size_t i = 0; i < words; i++) {
        seed = seed * 1664525 + 1013904223;
        str_addf(out, "word%u ", seed >> 20);
    }
}

struct shape_of_deflate {
    int level, mem_level, strategy, flush;
};

static void compress_with(const struct shape_of_deflate *how, const struct str *text,
                          struct str *out)
{
    uLong bound = compressBound(text->len) + 1000;
    auto_free Bytef *packed = xmalloc(bound);
    z_stream z = {.next_in = (Bytef *)text->buf,
                  .avail_in = (uInt)text->len,
                  .next_out = packed,
                  .avail_out = (uInt)bound};

    assert_int_equal(deflateInit2(&z, how->level, Z_DEFLATED, -15, how->mem_level, how->strategy),
                     Z_OK);
    if (how->flush)
        assert_int_equal(deflate(&z, how->flush), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    str_append(out, (const char *)packed, z.total_out);
    (void)deflateEnd(&z);
}

static struct deflate_origin origin(const struct str *packed, const struct str *text)
{
    struct deflate_origin ret;

    deflate_origin_of(packed->buf, packed->len, text->buf, text->len, &ret);
    return ret;
}

static void test_levels(void **state UNUSED)
{
    auto_str struct str text = STR_INIT;

    make_text(&text, 40000);
    for (int level = 1; level <= 9; level++) {
        auto_str struct str packed = STR_INIT;
        compress_with(&(struct shape_of_deflate){level, 8, Z_DEFAULT_STRATEGY, 0}, &text, &packed);
        struct deflate_origin o = origin(&packed, &text);
        assert_int_equal(o.maker, DEFLATE_BY_ZLIB);
        assert_true(o.levels & 1U << level);
        assert_int_equal(o.mem_levels, 1U << 8);
    }
}

static void test_short_text_fits_many_levels(void **state UNUSED)
{
    auto_str struct str text = STR_INIT, packed = STR_INIT;

    str_add(&text, "x = 1\n");
    compress_with(&(struct shape_of_deflate){6, 8, Z_DEFAULT_STRATEGY, 0}, &text, &packed);
    struct deflate_origin o = origin(&packed, &text);
    assert_int_equal(o.maker, DEFLATE_BY_ZLIB);
    assert_true(o.levels & 1U << 6);
    assert_true(o.levels & 1U << 9);
}

/* Streams that are made like those of others: their marks are what is looked for. */
static void test_marks(void **state UNUSED)
{
    static const struct {
        struct shape_of_deflate how;
        enum deflate_maker maker;
    } rows[] = {
        {{0, 8, Z_DEFAULT_STRATEGY, 0}, DEFLATE_BY_NOBODY},
        {{6, 8, Z_DEFAULT_STRATEGY, Z_SYNC_FLUSH}, DEFLATE_BY_FLATE2},
        {{6, 8, Z_FILTERED, 0}, DEFLATE_BY_ZLIB_NG},
        {{6, 7, Z_DEFAULT_STRATEGY, 0}, DEFLATE_BY_ZLIB_NG},
    };
    auto_str struct str text = STR_INIT;

    make_text(&text, 40000);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        auto_str struct str packed = STR_INIT;
        compress_with(&rows[i].how, &text, &packed);
        assert_int_equal(origin(&packed, &text).maker, rows[i].maker);
    }
}

static void test_shape(void **state UNUSED)
{
    auto_str struct str text = STR_INIT, packed = STR_INIT;
    struct deflate_shape shape;

    make_text(&text, 40000);
    compress_with(&(struct shape_of_deflate){6, 8, Z_DEFAULT_STRATEGY, 0}, &text, &packed);
    assert_true(deflate_shape_read(packed.buf, packed.len, &shape));
    assert_true(shape.dynamic > 2);
    assert_true(shape.regular);
    assert_int_equal(shape.symbols, 16383);
    assert_true(shape.farthest <= 32768 - 262);
    assert_false(shape.flushed);
    assert_false(deflate_shape_read(packed.buf, packed.len - 1, &shape));
    str_addch(&packed, 'x');
    assert_false(deflate_shape_read(packed.buf, packed.len, &shape));
}

/* A block of fixed codes by hand: 'a', then a match of three, one back. */
static void test_fixed_block(void **state UNUSED)
{
    static const uint8_t stream[] = {0x4b, 0x04, 0x02, 0x00};
    struct deflate_shape shape;

    assert_true(deflate_shape_read(stream, sizeof(stream), &shape));
    assert_int_equal(shape.fixed, 1);
    assert_int_equal(shape.symbols, 2);
    assert_int_equal(shape.last_size, 4);
    assert_int_equal(shape.farthest, 1);
    assert_true(shape.last_is_fixed);
}

static void test_damage(void **state UNUSED)
{
    auto_str struct str text = STR_INIT, packed = STR_INIT;
    struct deflate_shape shape;
    static const uint8_t reserved[] = {0x07, 0x00}, no_length[] = {0x01, 0x05, 0x00, 0x00, 0x00};

    assert_false(deflate_shape_read("", 0, &shape));
    assert_false(deflate_shape_read(reserved, sizeof(reserved), &shape));
    assert_false(deflate_shape_read(no_length, sizeof(no_length), &shape));
    make_text(&text, 2000);
    compress_with(&(struct shape_of_deflate){6, 8, Z_DEFAULT_STRATEGY, 0}, &text, &packed);
    for (size_t i = 0; i < packed.len * 8; i += 97) {
        packed.buf[i / 8] = (char)(packed.buf[i / 8] ^ 1 << i % 8);
        (void)deflate_shape_read(packed.buf, packed.len, &shape);
        packed.buf[i / 8] = (char)(packed.buf[i / 8] ^ 1 << i % 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),      cmocka_unit_test(test_short_text_fits_many_levels),
        cmocka_unit_test(test_marks),       cmocka_unit_test(test_shape),
        cmocka_unit_test(test_fixed_block), cmocka_unit_test(test_damage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
