/* gzip, tar and ar: what they hold, and damage in every field. */
#include "content/gzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "content/ar.h"
#include "content/tar.h"
#include "zip/deflate.h"

/* -------------------------------------------------------------------------------------------- gzip */

static void put32(struct str *s, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        str_addch(s, (char)(v >> 8 * i & 255));
}

static void gzip_member(struct str *out, const char *text, const char *name)
{
    struct codec *codec = codec_new();

    str_append(out, "\037\213\010", 3);
    str_addch(out, name ? 8 : 0);
    put32(out, 1795589182);
    str_append(out, "\002\003", 2);
    if (name)
        str_append(out, name, strlen(name) + 1);
    deflate_bytes(codec, text, strlen(text), out);
    put32(out, crc32_add(0, text, strlen(text)));
    put32(out, (uint32_t)strlen(text));
    codec_free(codec);
}

static void test_gzip(void **state UNUSED)
{
    auto_str struct str bytes = STR_INIT;
    auto_gzip struct gzip one = GZIP_INIT, two = GZIP_INIT;

    gzip_member(&bytes, "hello hello hello", "hello.txt");
    assert_int_equal(gzip_read(bytes.buf, bytes.len, 100, &one, NULL), 0);
    assert_int_equal(one.time, 1795589182);
    assert_int_equal(one.system, 3);
    assert_int_equal(one.extra_flags, 2);
    assert_string_equal(one.name, "hello.txt");
    assert_string_equal(one.content.buf, "hello hello hello");
    assert_int_equal(one.packed_at, 10 + strlen("hello.txt") + 1);
    assert_int_equal(one.packed_at + one.packed_len + 8, bytes.len);
    assert_true(one.single);
    gzip_member(&bytes, " and more", NULL);
    assert_int_equal(gzip_read(bytes.buf, bytes.len, 100, &two, NULL), 0);
    assert_string_equal(two.content.buf, "hello hello hello and more");
    assert_false(two.single);
}

static void test_gzip_damage(void **state UNUSED)
{
    auto_str struct str bytes = STR_INIT;

    gzip_member(&bytes, "hello hello hello", "hello.txt");
    for (size_t len = 0; len < bytes.len; len++) {
        struct gzip g = GZIP_INIT;
        auto_free char *cut = xmalloc(len + 1);
        memcpy(cut, bytes.buf, len);
        assert_int_equal(gzip_read(cut, len, 100, &g, NULL), -ERR_FORMAT);
        assert_null(g.name);
    }
    struct gzip g = GZIP_INIT;
    assert_int_equal(gzip_read(bytes.buf, bytes.len, 16, &g, NULL), -ERR_FORMAT);
}

/* --------------------------------------------------------------------------------------------- tar */

static void set_octal(char *field, size_t len, unsigned long value)
{
    for (size_t i = len - 1; i-- > 0; value /= 8)
        field[i] = (char)('0' + value % 8);
}

static void tar_member(struct str *out, const char *name, char type, const char *data, size_t len)
{
    char h[513] = {0};
    unsigned sum = 0;

    (void)snprintf(h, 100, "%s", name);
    set_octal(h + 100, 8, 0644);
    set_octal(h + 108, 8, 1000);
    set_octal(h + 116, 8, 100);
    set_octal(h + 124, 12, len);
    set_octal(h + 136, 12, 1234);
    h[156] = type;
    memcpy(h + 257, "ustar\00000", 8);
    (void)snprintf(h + 265, 32, "me");
    memset(h + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += (uint8_t)h[i];
    set_octal(h + 148, 7, sum);
    str_append(out, h, 512);
    str_append(out, data, len);
    for (size_t i = len; i % 512; i++)
        str_addch(out, '\0');
}

static void test_tar(void **state UNUSED)
{
    auto_str struct str bytes = STR_INIT;
    auto_members struct members m = MEMBERS_INIT;
    static const char good[] = "18 path=long/name\n15 mtime=99.25\n13 uname=you\n";

    tar_member(&bytes, "dir/", '5', "", 0);
    tar_member(&bytes, "dir/a", '0', "hello", 5);
    tar_member(&bytes, "ignored", 'x', good, strlen(good));
    tar_member(&bytes, "short", '0', "", 0);
    tar_member(&bytes, "././@LongLink", 'L', "gnu/long/name", 14);
    tar_member(&bytes, "gnu", '0', "x", 1);
    for (int i = 0; i < 1024; i++)
        str_addch(&bytes, '\0');
    assert_int_equal(tar_read(bytes.buf, bytes.len, &m, NULL), 0);
    assert_int_equal(m.count, 4);
    assert_string_equal(m.items[0].name, "dir/");
    assert_int_equal(m.items[0].type, '5');
    assert_string_equal(m.items[1].name, "dir/a");
    assert_memory_equal(m.items[1].bytes, "hello", 5);
    assert_int_equal(m.items[1].mode, 0644);
    assert_int_equal(m.items[1].uid, 1000);
    assert_int_equal(m.items[1].time, 1234);
    assert_string_equal(m.items[1].user, "me");
    assert_string_equal(m.items[2].name, "long/name");
    assert_int_equal(m.items[2].time, 99);
    assert_string_equal(m.items[2].user, "you");
    assert_string_equal(m.items[3].name, "gnu/long/name");
}

static void test_tar_damage(void **state UNUSED)
{
    auto_str struct str bytes = STR_INIT;

    tar_member(&bytes, "dir/a", '0', "hello", 5);
    for (size_t at = 0; at < 512; at++) {
        struct members m = MEMBERS_INIT;
        if (at >= 148 && at < 156)
            continue; /* the checksum's own blanks may be anything */
        bytes.buf[at] = (char)(bytes.buf[at] ^ 1);
        int ret = tar_read(bytes.buf, bytes.len, &m, NULL);
        bytes.buf[at] = (char)(bytes.buf[at] ^ 1);
        assert_int_equal(ret, -ERR_FORMAT);
        assert_null(m.items);
    }
    struct members m = MEMBERS_INIT;
    assert_int_equal(tar_read(bytes.buf, 516, &m, NULL), -ERR_FORMAT);
}

/* ---------------------------------------------------------------------------------------------- ar */

static void ar_member(struct str *out, const char *name, const char *data)
{
    size_t len = strlen(data);

    str_addf(out, "%-16s%-12s%-6s%-6s%-8s%-10zu`\n", name, "1234", "1000", "100", "100644", len);
    str_add(out, data);
    if (len % 2)
        str_addch(out, '\n');
}

static void test_ar(void **state UNUSED)
{
    auto_str struct str bytes = STR_INIT;
    auto_members struct members m = MEMBERS_INIT;

    str_add(&bytes, "!<arch>\n");
    ar_member(&bytes, "//", "a_very_long_name.o/\n");
    ar_member(&bytes, "x.o/", "odd");
    ar_member(&bytes, "/0", "even");
    assert_int_equal(ar_read(bytes.buf, bytes.len, &m, NULL), 0);
    assert_int_equal(m.count, 3);
    assert_string_equal(m.items[1].name, "x.o");
    assert_int_equal(m.items[1].mode, 0100644);
    assert_int_equal(m.items[1].time, 1234);
    assert_memory_equal(m.items[1].bytes, "odd", 3);
    assert_string_equal(m.items[2].name, "a_very_long_name.o");
    struct members cut = MEMBERS_INIT;
    assert_int_equal(ar_read(bytes.buf, bytes.len - 3, &cut, NULL), -ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gzip), cmocka_unit_test(test_gzip_damage),
        cmocka_unit_test(test_tar),  cmocka_unit_test(test_tar_damage),
        cmocka_unit_test(test_ar),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
