/* METADATA and WHEEL as Python's email parser would read them, and what is refused. */
#include "wheel/meta.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define REQUIRED "Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n"

static int parse(const char *text, struct metadata *m)
{
    return metadata_parse(text, strlen(text), m, NULL);
}

static void test_fields(void **state UNUSED)
{
    auto_metadata struct metadata m = METADATA_INIT;

    assert_int_equal(parse("metadata-version: 2.2\r\nNAME:foo \r\nVersion: 1.0\r\n"
                           "Requires-Dist: a (>=1)\r\nRequires-Dist: b; extra == 'x'\r\n"
                           "Provides-Extra: x\r\nRequires-Python: >=3.8\r\nDynamic: License\r\n"
                           "\r\nRequires-Dist: not-this\r\n",
                           &m),
                     0);
    assert_string_equal(m.metadata_version, "2.2");
    assert_string_equal(m.name, "foo");
    assert_string_equal(m.requires_python, ">=3.8");
    assert_int_equal(m.requires_dist.count, 2);
    assert_string_equal(m.requires_dist.items[1], "b; extra == 'x'");
    assert_int_equal(m.provides_extra.count, 1);
    assert_string_equal(m.dynamic.items[0], "license");
}

static void test_folded(void **state UNUSED)
{
    auto_meta_fields struct meta_fields f = META_FIELDS_INIT;
    static const char text[] = "License: one\n  two  \n\tthree\nX:\n y\rZ: last";

    assert_int_equal(meta_fields_parse(text, sizeof(text) - 1, &f, NULL), 0);
    assert_int_equal(f.count, 3);
    assert_string_equal(meta_fields_get(&f, "license"), "one two three");
    assert_string_equal(meta_fields_get(&f, "x"), "y");
    assert_string_equal(meta_fields_get(&f, "z"), "last");
    assert_null(meta_fields_get(&f, "none"));
}

static void test_form_feed(void **state UNUSED)
{
    auto_metadata struct metadata m = METADATA_INIT;

    assert_int_equal(parse(REQUIRED "License: GPL\n \f\n Preamble\nRequires-Dist: a\n", &m), 0);
    assert_int_equal(m.requires_dist.count, 1);
}

/* A line that is no header ends the headers, as in Python: what follows is the description. */
static void test_headers_end(void **state UNUSED)
{
    auto_metadata struct metadata m = METADATA_INIT;

    assert_int_equal(parse(REQUIRED "no header\nRequires-Dist: not-this\n", &m), 0);
    assert_int_equal(m.requires_dist.count, 0);
    assert_null(m.requires_python);
}

static void test_refused(void **state UNUSED)
{
    static const char *const bad[] = {
        "",
        "Name: foo\nVersion: 1\n",
        "Metadata-Version: 2.1\nVersion: 1\n",
        "Metadata-Version: 2.1\nName: foo\n",
        "Metadata-Version: 2.1\nName:\nVersion: 1\n",
        REQUIRED "Name: bar\n",
        REQUIRED "Summary: a\x1b[31mb\n",
        REQUIRED "Requires-Dist: a\x7f\n",
        "\n" REQUIRED,
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct metadata m = METADATA_INIT;
        assert_int_equal(parse(bad[i], &m), -ERR_FORMAT);
        assert_null(m.name);
    }
    static const char nul[] = REQUIRED "Summary: a\0b\n";
    struct metadata m = METADATA_INIT;
    assert_int_equal(metadata_parse(nul, sizeof(nul) - 1, &m, NULL), -ERR_FORMAT);
}

static void test_limits(void **state UNUSED)
{
    auto_str struct str text = STR_INIT;
    struct metadata m = METADATA_INIT;

    str_add(&text, REQUIRED "Summary: ");
    for (size_t i = 0; i <= META_MAX_VALUE; i++)
        str_addch(&text, 'x');
    assert_int_equal(parse(text.buf, &m), -ERR_FORMAT);
    str_reset(&text);
    for (size_t i = 0; i <= META_MAX_FIELDS; i++)
        str_add(&text, "A: b\n");
    assert_int_equal(parse(text.buf, &m), -ERR_FORMAT);
}

static int parse_wheel(const char *text, struct wheel_info *w)
{
    return wheel_info_parse(text, strlen(text), w, NULL);
}

static void test_wheel_info(void **state UNUSED)
{
    auto_wheel_info struct wheel_info w = WHEEL_INFO_INIT;

    assert_int_equal(parse_wheel("Wheel-Version: 1.9\nGenerator: me (1)\nRoot-Is-Purelib: True\n"
                                 "Tag: py2-none-any\nTag: py3-none-any\nBuild: 1a\n",
                                 &w),
                     0);
    assert_true(w.root_is_purelib);
    assert_int_equal(w.tags.count, 2);
    assert_string_equal(w.build, "1a");
    assert_string_equal(w.generator, "me (1)");

    struct wheel_info none = WHEEL_INFO_INIT;
    assert_int_equal(parse_wheel("Generator: me\n", &none), -ERR_FORMAT);
    assert_int_equal(parse_wheel("Wheel-Version: 2.0\n", &none), -ERR_FORMAT);
    assert_int_equal(parse_wheel("Wheel-Version: 10.0\n", &none), -ERR_FORMAT);
    assert_int_equal(parse_wheel("Wheel-Version: x\n", &none), -ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),     cmocka_unit_test(test_folded),
        cmocka_unit_test(test_form_feed),  cmocka_unit_test(test_headers_end),
        cmocka_unit_test(test_refused),    cmocka_unit_test(test_limits),
        cmocka_unit_test(test_wheel_info),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
