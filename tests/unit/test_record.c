/* RECORD: reading what others write, refusing what hides something, writing one form. */
#include "wheel/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static int parse(const char *text, struct record *r)
{
    return record_parse(text, strlen(text), r, NULL);
}

static void test_rows(void **state UNUSED)
{
    auto_record struct record r = RECORD_INIT;

    assert_int_equal(parse("b.py,sha256=x,3\r\n\"a,\"\"b\"\"\n.py\",,\nRECORD\n\n", &r), 0);
    assert_int_equal(r.count, 3);
    assert_string_equal(record_find(&r, "b.py")->hash, "sha256=x");
    assert_string_equal(record_find(&r, "b.py")->size, "3");
    assert_string_equal(record_find(&r, "a,\"b\"\n.py")->hash, "");
    assert_string_equal(record_find(&r, "RECORD")->size, "");
    assert_null(record_find(&r, "b"));
}

static void test_nothing(void **state UNUSED)
{
    auto_record struct record r = RECORD_INIT;

    assert_int_equal(parse("", &r), 0);
    assert_int_equal(r.count, 0);
    assert_null(record_find(&r, "x"));
}

static void test_refused(void **state UNUSED)
{
    static const char *const bad[] = {
        "a,b,1\na,c,2\n", "\"a,b,1\n", "a,b,c,d\n", ",b,1\n", "\"\"\n", "\"a\"\"",
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct record r = RECORD_INIT;
        assert_int_equal(parse(bad[i], &r), -ERR_FORMAT);
        assert_null(r.items);
    }
    struct record r = RECORD_INIT;
    assert_int_equal(record_parse("a\0b,,", 5, &r, NULL), -ERR_FORMAT);
}

static void test_check(void **state UNUSED)
{
    uint8_t digest[SHA256_BYTES];
    char text[RECORD_DIGEST_TEXT];
    struct record_row row = {.path = (char *)"a", .size = (char *)"3"};
    bool other = false;

    sha256_of("abc", 3, digest);
    record_digest_text(digest, text);
    assert_string_equal(text, "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");

    row.hash = (char *)"sha256=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
    assert_int_equal(record_check(&row, digest, 3, &other, NULL), 0);
    row.hash = (char *)"sha256=ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0=";
    assert_int_equal(record_check(&row, digest, 3, &other, NULL), 0);
    assert_int_equal(record_check(&row, digest, 4, &other, NULL), -ERR_FORMAT);
    row.hash = (char *)"sha256=UngWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0";
    assert_int_equal(record_check(&row, digest, 3, &other, NULL), -ERR_FORMAT);
    row.hash = (char *)"md5=900150983cd24fb0d6963f7d28e17f72";
    assert_int_equal(record_check(&row, digest, 3, &other, NULL), -ERR_FORMAT);
    row.hash = (char *)"";
    row.size = (char *)"-3";
    assert_int_equal(record_check(&row, digest, 3, &other, NULL), -ERR_FORMAT);
    row.size = (char *)"";
    assert_int_equal(record_check(&row, digest, 3, &other, NULL), 0);
    assert_false(other);
    row.hash = (char *)"sha512=x";
    assert_int_equal(record_check(&row, digest, 3, &other, NULL), 0);
    assert_true(other);
}

static void test_write(void **state UNUSED)
{
    uint8_t digest[SHA256_BYTES];
    auto_str struct str out = STR_INIT;

    sha256_of("", 0, digest);
    record_write_row(&out, "a.py", digest, 0);
    record_write_row(&out, "b,\"c\" d.py", digest, UINT64_MAX);
    record_write_row(&out, "x.dist-info/RECORD", NULL, 7);
    assert_string_equal(out.buf,
                        "a.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0\n"
                        "\"b,\"\"c\"\" d.py\",sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,"
                        "18446744073709551615\n"
                        "x.dist-info/RECORD,,\n");
    auto_record struct record r = RECORD_INIT;
    assert_int_equal(record_parse(out.buf, out.len, &r, NULL), 0);
    assert_non_null(record_find(&r, "b,\"c\" d.py"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),    cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_check),
        cmocka_unit_test(test_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
