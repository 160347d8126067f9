/* What builds leave in text: the many forms, and what only looks like one. */
#include "content/patterns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "content/dates.h"

struct row {
    enum pattern pattern;
    const char *text;
    const char *found; /* NULL: nothing begins at the start of the text */
};

static void test_forms(void **state UNUSED)
{
    static const struct row rows[] = {
        {PATTERN_DATE, "2026-11-25", "2026-11-25"},
        {PATTERN_DATE, "2026-11-25T06:46:22Z,", "2026-11-25T06:46:22Z"},
        {PATTERN_DATE, "2026/11/25 06:46:22.123 +0100x", "2026/11/25 06:46:22.123 +0100"},
        {PATTERN_DATE, "20261125", "20261125"},
        {PATTERN_DATE, "Nov 25 2026", "Nov 25 2026"},
        {PATTERN_DATE, "Nov  5 2026 06:46:22", "Nov  5 2026 06:46:22"},
        {PATTERN_DATE, "November 25, 2026.", "November 25, 2026"},
        {PATTERN_DATE, "Wed Nov 25 06:46:22 2026", "Wed Nov 25 06:46:22 2026"},
        {PATTERN_DATE, "Wed, 25 Nov 2026 06:46:22 GMT", "Wed, 25 Nov 2026 06:46:22 GMT"},
        {PATTERN_DATE, "06:46:22", "06:46:22"},
        {PATTERN_DATE, "6:46 PM", "6:46 PM"},
        {PATTERN_DATE, "1795589182", "1795589182"},
        {PATTERN_DATE, "1795589182.25", "1795589182.25"},
        {PATTERN_DATE, "2026-13-25", NULL},
        {PATTERN_DATE, "1234567", NULL},
        {PATTERN_DATE, "12345678901", NULL},
        {PATTERN_DATE, "Marble 1", NULL},
        {PATTERN_DATE, "25:99", NULL},
        {PATTERN_PATH, "/usr/lib/x.so.1", "/usr/lib/x.so.1"},
        {PATTERN_PATH, "/home/me/a.c:12", "/home/me/a.c"},
        {PATTERN_PATH, "/tmp/x, and", "/tmp/x"},
        {PATTERN_PATH, "C:\\Users\\me\\x.c", "C:\\Users\\me\\x.c"},
        {PATTERN_PATH, "C:\\\\Users\\\\me", "C:\\\\Users\\\\me"},
        {PATTERN_PATH, "/usr", NULL},
        {PATTERN_PATH, "//host/x", NULL},
        {PATTERN_PATH, "a/b/c", NULL},
        {PATTERN_TEMP, "pip-build-env-0a_b1c2d/x", "pip-build-env-0a_b1c2d"},
        {PATTERN_TEMP, "tmpab12cd_e", "tmpab12cd_e"},
        {PATTERN_TEMP, "tmp.Ab12Cd34Ef", "tmp.Ab12Cd34Ef"},
        {PATTERN_TEMP, "ccAb12Cd.o", "ccAb12Cd.o"},
        {PATTERN_TEMP, "tmpfilename", NULL},
        {PATTERN_TEMP, "pip-build-env-", NULL},
        {PATTERN_UUID, "01234567-89ab-cdef-0123-456789abcdef",
         "01234567-89ab-cdef-0123-456789abcdef"},
        {PATTERN_UUID, "01234567-89ab-cdef-0123-456789abcde", NULL},
        {PATTERN_ADDRESS, "0x7f0011223344>", "0x7f0011223344"},
        {PATTERN_ADDRESS, "0x10", NULL},
        {PATTERN_DIGEST, "d41d8cd98f00b204e9800998ecf8427e", "d41d8cd98f00b204e9800998ecf8427e"},
        {PATTERN_DIGEST, "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0",
         "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"},
        {PATTERN_DIGEST, "deadbeef", NULL},
        {PATTERN_VERSION, "1.2.3rc1)", "1.2.3rc1"},
        {PATTERN_VERSION, "v2.0", "v2.0"},
        {PATTERN_VERSION, "1.0.dev0+g1234567 x", "1.0.dev0+g1234567"},
        {PATTERN_VERSION, "12", NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        const struct row *row = &rows[i];
        size_t len = pattern_match(row->pattern, row->text, strlen(row->text), 0);
        size_t wanted = row->found ? strlen(row->found) : 0;
        if (len != wanted)
            print_error("'%s': %zu bytes, not %zu\n", row->text, len, wanted);
        assert_int_equal(len, wanted);
    }
}

/* Where something begins depends on what stands before it. */
static void test_places(void **state UNUSED)
{
    static const struct {
        enum pattern pattern;
        const char *text;
        size_t at;
        bool found;
    } rows[] = {
        {PATTERN_PATH, "-I/usr/include", 2, true}, {PATTERN_PATH, "file:///home/me/x", 7, true},
        {PATTERN_PATH, "'/home/me'", 1, true},     {PATTERN_PATH, "PATH=/a/b:/c/d", 10, true},
        {PATTERN_PATH, "x/home/me", 1, false},     {PATTERN_PATH, "https://h/a/b", 7, false},
        {PATTERN_DATE, "x2026-11-25", 1, false},   {PATTERN_DATE, "(2026-11-25)", 1, true},
        {PATTERN_VERSION, "1.2.3", 2, false},      {PATTERN_TEMP, "/tmp/tmpab12cd_e", 5, true},
        {PATTERN_TEMP, "xtmpab12cd_e", 1, false},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        bool found =
            pattern_match(rows[i].pattern, rows[i].text, strlen(rows[i].text), rows[i].at) > 0;
        if (found != rows[i].found)
            print_error("'%s' at %zu\n", rows[i].text, rows[i].at);
        assert_int_equal(found, rows[i].found);
    }
}

static bool same_under(unsigned set, const char *a, const char *b)
{
    auto_str struct str x = STR_INIT, y = STR_INIT;

    pattern_mask(set, a, strlen(a), &x);
    pattern_mask(set, b, strlen(b), &y);
    return strcmp(x.buf, y.buf) == 0;
}

static void test_mask(void **state UNUSED)
{
    const unsigned dates = 1U << PATTERN_DATE, paths = 1U << PATTERN_PATH;

    assert_true(same_under(dates, "at 2026-11-25 06:46 in /a/b", "at 2025-01-01 16:46 in /a/b"));
    assert_false(same_under(dates, "at 2026-11-25 in /a/b", "at 2026-11-25 in /a/c"));
    assert_true(same_under(paths, "at 2026-11-25 in /a/b", "at 2026-11-25 in /a/c/d"));
    assert_true(same_under(dates | paths, "2026-11-25 /a/b.", "2025-11-25 /a/c."));
    assert_false(same_under(0, "2026-11-25", "2025-11-25"));
}

static void test_days(void **state UNUSED)
{
    static const char text[] = "Wed, 25 Nov 2026";
    const struct span span = {text, strlen(text)};
    struct date_day day;

    assert_int_equal(date_match_day(&span, 0, &day), strlen(text));
    assert_int_equal(day.year, 2026);
    assert_int_equal(day.month, 11);
    assert_int_equal(day.day, 25);
}

/* No place of any text makes a match that reaches behind its end. */
static void test_ends(void **state UNUSED)
{
    static const char text[] = "Nov 25 2026 06:46:22 /tmp/tmpab12cd_e 0x7f0011223344 1.2.3 "
                               "01234567-89ab-cdef-0123-456789abcdef C:\\a\\b";

    for (size_t len = 0; len <= strlen(text); len++) {
        auto_free char *cut = xstrndup(text, len);
        for (size_t at = 0; at < len; at++)
            for (int p = 0; p < PATTERN_COUNT; p++)
                assert_true(at + pattern_match((enum pattern)p, cut, len, at) <= len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms), cmocka_unit_test(test_places), cmocka_unit_test(test_mask),
        cmocka_unit_test(test_days),  cmocka_unit_test(test_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
