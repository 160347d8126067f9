/* Wheel file names: what is one, what is none, and which name and version it stands for. */
#include "wheel/wheel_name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_parts(void **state UNUSED)
{
    auto_wheel_name struct wheel_name n = WHEEL_NAME_INIT;

    assert_int_equal(wheel_name_parse("/a-b/Foo_Bar-1.0+l.1-2b-py2.py3-none-any.whl", &n, NULL), 0);
    assert_string_equal(n.dist, "Foo_Bar");
    assert_string_equal(n.version, "1.0+l.1");
    assert_string_equal(n.build, "2b");
    assert_string_equal(n.python, "py2.py3");
    assert_string_equal(n.abi, "none");
    assert_string_equal(n.platform, "any");
}

static void test_no_build_tag(void **state UNUSED)
{
    auto_wheel_name struct wheel_name n = WHEEL_NAME_INIT;

    assert_int_equal(
        wheel_name_parse("x-1!2-cp311-abi3-manylinux_2_17_x86_64.linux_x86_64.whl", &n, NULL), 0);
    assert_null(n.build);
    assert_string_equal(n.version, "1!2");
    assert_string_equal(n.platform, "manylinux_2_17_x86_64.linux_x86_64");
}

static void test_refused(void **state UNUSED)
{
    static const char *const bad[] = {
        "",
        ".whl",
        "x.whl",
        "x-1-py3-none-any.zip",
        "x-1-py3-none.whl",
        "x-1-2-py3-none-any-more.whl",
        "x-1-b2-py3-none-any.whl",
        "x--py3-none-any.whl",
        "-1-py3-none-any.whl",
        "x-1--py3-none-any.whl",
        "x y-1-py3-none-any.whl",
        "x-1-py3-none-a\nny.whl",
        "x\\y-1-py3-none-any.whl",
        "..-1-py3-none-any.whl",
        "x-1-py3-none-any.whl/",
        "\xc3\xa9-1-py3-none-any.whl",
        "x-1-py3-none-any.whl\x01",
        "u__x-1-py3-none-any.whl",
        "x-soon-py3-none-any.whl",
        "x-1.0_1-py3-none-any.whl",
        "x-1-3-none-any.whl",
        "x-1-py3.2-none-any.whl",
        "x-1-py3..py2-none-any.whl",
        "x-1-py3-none.-any.whl",
        "x-1-py3-none-any..whl",
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct wheel_name n = {.dist = (char *)1};
        auto_err struct err err = ERR_INIT;
        assert_int_equal(wheel_name_parse(bad[i], &n, &err), -ERR_FORMAT);
        assert_ptr_equal(n.dist, (char *)1); /* only set on success */
        assert_non_null(err.message);
    }
    char longer[400];
    memset(longer, 'x', sizeof(longer));
    (void)strcpy(longer + 300, "-1-py3-none-any.whl");
    struct wheel_name n;
    assert_int_equal(wheel_name_parse(longer, &n, NULL), -ERR_FORMAT);
}

static void test_canonical(void **state UNUSED)
{
    static const char *const pairs[][2] = {
        {"Foo", "foo"},       {"foo_bar", "foo-bar"}, {"Foo.-_Bar", "foo-bar"},
        {"a--b__c", "a-b-c"}, {"_x_", "-x-"},         {"", ""},
    };

    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        auto_free char *got = wheel_dist_canonical(pairs[i][0]);
        assert_string_equal(got, pairs[i][1]);
        assert_true(wheel_dist_equal(pairs[i][0], pairs[i][1]));
    }
    assert_false(wheel_dist_equal("foo", "foo-"));
    assert_false(wheel_dist_equal("foobar", "foo-bar"));
}

static void test_lists(void **state UNUSED)
{
    auto_strv struct strv projects = STRV_INIT;

    assert_false(wheel_dist_in_list(&projects, "foo"));
    strv_push(&projects, "foo");
    strv_push(&projects, "Bar_Baz");
    assert_true(wheel_dist_in_list(&projects, "FOO"));
    assert_true(wheel_dist_in_list(&projects, "bar.baz"));
    assert_false(wheel_dist_in_list(&projects, "bar"));
}

static void test_versions(void **state UNUSED)
{
    assert_true(wheel_version_equal("1.0", "1.0.0"));
    assert_true(wheel_version_equal("1.0-rc1", "1.0rc1"));
    assert_true(wheel_version_equal("1.0+a_1", "1.0+a.1"));
    assert_true(wheel_version_equal("1.0_1", "1.0.post1"));
    assert_false(wheel_version_equal("1.0-1", "1.0.1"));
    assert_false(wheel_version_equal("1.0-a.1", "1.0.a+1"));
    assert_true(wheel_version_equal("Not_A-version", "not.a.version"));
    assert_false(wheel_version_equal("1.0", "1.1"));
    assert_false(wheel_version_equal("1.0", "1.0+x"));
    assert_false(wheel_version_equal("abc", "abcd"));
}

static void test_dist_info(void **state UNUSED)
{
    auto_wheel_name struct wheel_name n = WHEEL_NAME_INIT;

    assert_int_equal(wheel_name_parse("foo_bar-1.0.post1-py3-none-any.whl", &n, NULL), 0);
    assert_true(wheel_name_matches(&n, "Foo.Bar", NULL));
    assert_true(wheel_name_owns_dist_info(&n, "foo_bar-1.0_1.dist-info"));
    assert_true(wheel_name_owns_dist_info(&n, "Foo-Bar-1.0-1.dist-info"));
    assert_false(wheel_name_owns_dist_info(&n, "foo_bar-1.0_1.data"));
    assert_false(wheel_name_owns_dist_info(&n, "foo_bar-2.dist-info"));
    assert_false(wheel_name_owns_dist_info(&n, "foo-1.0_1.dist-info"));
    assert_false(wheel_name_owns_dist_info(&n, ".dist-info"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),     cmocka_unit_test(test_no_build_tag),
        cmocka_unit_test(test_refused),   cmocka_unit_test(test_canonical),
        cmocka_unit_test(test_lists),     cmocka_unit_test(test_versions),
        cmocka_unit_test(test_dist_info),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
