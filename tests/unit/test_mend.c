/* Lines for the settings file: what a build says cannot break out of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inputs/mend.h"

static void check_string(const char *text, const char *expected)
{
    auto_free char *found = toml_string(text);

    assert_string_equal(found, expected);
}

static void test_strings(void **state UNUSED)
{
    check_string("", "\"\"");
    check_string("plain words", "\"plain words\"");
    check_string("a\"b\\c", "\"a\\\"b\\\\c\"");
    check_string("a\nb\033[2J\177", "\"a\\u000Ab\\u001B[2J\\u007F\"");
    check_string("\xc3\xa9", "\"\xc3\xa9\"");
}

static void test_lines(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;

    mend_by_setting(&err, "", "network", "true");
    assert_null(err.lines);
    mend_by_setting(&err, "some-name", "network", "true");
    mend_by_setting(&err, "some-name", "timeout", "5");
    mend_by_line(&err, "some-name", "network = false");
    assert_string_equal(err.lines,
                        "[[package]]\nname = \"some-name\"\nnetwork = true\ntimeout = 5\n");
}

static void test_a_name_that_is_none(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;

    mend_by_setting(&err, "a\"\n[[package]]\n", "network", "true");
    assert_string_equal(err.lines,
                        "[[package]]\nname = \"a\\\"\\u000A[[package]]\\u000A\"\nnetwork = true\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_a_name_that_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
