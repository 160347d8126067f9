/* The table of rules, what selects them, and platform tags. */
#include "lint/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lint/platform.h"

static void test_table(void **state UNUSED)
{
    for (int i = 0; i < LINT_RULE_COUNT; i++) {
        const struct lint_rule_info *rule = lint_rule_info((enum lint_rule)i);
        assert_non_null(rule->code);
        assert_int_equal(strlen(rule->code), 5);
        assert_non_null(rule->meaning);
        assert_non_null(rule->remedy);
        /* In the order of the codes, so that each is there once and lists need no sorting. */
        if (i)
            assert_true(strcmp(lint_rule_info((enum lint_rule)(i - 1))->code, rule->code) < 0);
        assert_int_equal(rule->by_default, rule->severity != LINT_NOTE);
    }
}

static int choose(const char *select, const char *ignore, struct lint_selection *ret)
{
    auto_strv struct strv selected = STRV_INIT, ignored = STRV_INIT;

    if (select)
        strv_push(&selected, select);
    if (ignore)
        strv_push(&ignored, ignore);
    return lint_select(&selected, &ignored, ret, NULL);
}

static size_t count(const struct lint_selection *s)
{
    size_t found = 0;

    for (int i = 0; i < LINT_RULE_COUNT; i++)
        found += s->on[i];
    return found;
}

static void test_selecting(void **state UNUSED)
{
    struct lint_selection s;

    assert_int_equal(choose(NULL, NULL, &s), 0);
    assert_true(s.on[LINT_ARCHIVE]);
    assert_false(s.on[LINT_NORMAL_FORM]);
    assert_int_equal(choose("ALL", NULL, &s), 0);
    assert_int_equal(count(&s), LINT_RULE_COUNT);
    assert_int_equal(choose("TW401,TW111", NULL, &s), 0);
    assert_int_equal(count(&s), 2);
    assert_true(s.on[LINT_NO_RECORD]);
    assert_int_equal(choose("TW4", "TW403, TW404", &s), 0);
    assert_int_equal(count(&s), 4);
    assert_int_equal(choose(NULL, "ALL", &s), 0);
    assert_int_equal(count(&s), 0);
    assert_int_equal(choose("TW999", NULL, &s), -ERR_USAGE);
    assert_int_equal(choose(NULL, "tw4", &s), -ERR_USAGE);
}

static void test_platforms(void **state UNUSED)
{
    static const struct {
        const char *tag;
        bool known, pypi;
        enum platform_system system;
        const char *machine;
        int major, minor;
    } rows[] = {
        {"any", true, true, PLATFORM_ANY, "", 0, 0},
        {"linux_x86_64", true, false, PLATFORM_LINUX, "x86_64", 0, 0},
        {"manylinux2014_x86_64", true, true, PLATFORM_MANYLINUX, "x86_64", 2, 17},
        {"manylinux_2_28_aarch64", true, true, PLATFORM_MANYLINUX, "aarch64", 2, 28},
        {"manylinux_2_17_mips", true, false, PLATFORM_MANYLINUX, "mips", 2, 17},
        {"musllinux_1_2_x86_64", true, true, PLATFORM_MUSLLINUX, "x86_64", 1, 2},
        {"macosx_10_9_x86_64", true, true, PLATFORM_MACOS, "x86_64", 10, 9},
        {"macosx_11_0_arm64", true, true, PLATFORM_MACOS, "arm64", 11, 0},
        {"macosx_11_7_arm64", true, false, PLATFORM_MACOS, "arm64", 11, 7},
        {"win_amd64", true, true, PLATFORM_WINDOWS, "amd64", 0, 0},
        {"win32", true, true, PLATFORM_WINDOWS, "x86", 0, 0},
        {"linux_armv7l", true, true, PLATFORM_LINUX, "armv7l", 0, 0},
        {"manylinux_x_y_z", false, false, PLATFORM_OTHER, "", 0, 0},
        {"beos", false, false, PLATFORM_OTHER, "", 0, 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct platform p;
        platform_parse(rows[i].tag, &p);
        assert_int_equal(p.system, rows[i].system);
        assert_int_equal(platform_is_known(rows[i].tag), rows[i].known);
        assert_int_equal(platform_is_for_pypi(rows[i].tag), rows[i].pypi);
        if (p.system == PLATFORM_OTHER)
            continue;
        assert_string_equal(p.machine, rows[i].machine);
        assert_int_equal(p.major, rows[i].major);
        assert_int_equal(p.minor, rows[i].minor);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_selecting),
        cmocka_unit_test(test_platforms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
