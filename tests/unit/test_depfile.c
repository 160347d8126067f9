/* record/depfile.h: names as make reads them, or a refusal. tests/e2e/test_wheel_depfile.py asks make. */
#include "record/depfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_rule(void **state UNUSED)
{
    auto_strv struct strv targets = STRV_INIT, inputs = STRV_INIT;
    auto_str struct str out = STR_INIT;

    strv_push(&targets, "w/a.whl");
    strv_push(&targets, "w/b.whl");
    strv_push(&inputs, "r.txt");
    assert_int_equal(depfile_write(&targets, &inputs, &out, NULL), 0);
    assert_string_equal(out.buf, "w/a.whl \\\n  w/b.whl: \\\n    r.txt\n\nr.txt:\n");
}

static void test_quoting(void **state UNUSED)
{
    static const char *const names[][2] = {
        {"a b", "a\\ b"}, {"a#b", "a\\#b"},   {"a:b", "a\\:b"}, {"a$b", "a$$b"},
        {"a*b", "a\\*b"}, {"a[b]", "a\\[b]"}, {"a?b", "a\\?b"}, {"a\\b", "a\\b"},
        {"~a", "./~a"},   {"a~", "a~"},       {"a(b", "a(b"},   {"a&b", "a&b"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        auto_strv struct strv targets = STRV_INIT, inputs = STRV_INIT;
        auto_str struct str out = STR_INIT;
        auto_free char *expected = xasprintf("%s:\n", names[i][1]);
        strv_push(&targets, names[i][0]);
        assert_int_equal(depfile_write(&targets, &inputs, &out, NULL), 0);
        assert_string_equal(out.buf, expected);
    }
}

static void test_what_make_cannot_be_told(void **state UNUSED)
{
    static const char *const names[] = {"a\nb", "a\tb",  "a;b",   "a=b",  "a%b", "a|b",
                                        "a\\",  "a\\ b", "a\\:b", "a(b)", "a&"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        auto_strv struct strv targets = STRV_INIT, inputs = STRV_INIT;
        auto_str struct str out = STR_INIT;
        auto_err struct err err = ERR_INIT;
        strv_push(&targets, "w/a.whl");
        strv_push(&inputs, names[i]);
        assert_int_equal(depfile_write(&targets, &inputs, &out, &err), -ERR_USAGE);
        assert_non_null(strstr(err.message, "make reads no name with"));
        assert_non_null(err.hint);
        assert_int_equal(out.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rule),
        cmocka_unit_test(test_quoting),
        cmocka_unit_test(test_what_make_cannot_be_told),
    };
    return cmocka_run_group_tests_name("depfile", tests, NULL, NULL);
}
