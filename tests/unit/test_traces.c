/* Traces of a build in its wheel: found in every form, and nowhere else. */
#include "wheel/traces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* 2026-11-25 05:12:33 UTC and half a minute more. */
#define FROM INT64_C(1795583553)

static const struct trace_search search = {.from = FROM, .to = FROM + 30};

static char *found(const struct trace_search *how, const char *name, const char *data, size_t len,
                   enum trace_kind kind)
{
    auto_traces struct traces traces = {0};
    char *text = NULL;

    traces_find(how, name, data, len, &traces);
    for (size_t i = 0; i < traces.count; i++)
        if (traces.items[i].kind == kind) {
            assert_null(text); /* one of each kind in a file */
            assert_string_equal(traces.items[i].file, name);
            text = xstrdup(traces.items[i].text);
        }
    return text;
}

static bool holds_time(const struct trace_search *how, const char *text)
{
    auto_free char *what = found(how, "f.py", text, strlen(text), TRACE_CLOCK);

    return what != NULL;
}

static void test_times(void **state UNUSED)
{
    static const char *const traces[] = {
        "T = 1795583553.123\n",
        "1795583583",
        "{\"ns\":1795583560123456789}",
        "BUILT = '2026-11-25 05:12:33'",
        "2026-11-25T05:13:03Z",
        "2026-11-25 05:12",
        "at 2026/11/25 05:12:40",
        "20261125051250",
        "20261125-0512",
        "Wed Nov 25 05:12:59 UTC 2026",
        "Wed, 25 Nov 2026 05:13:00 +0000",
        "2026-11-25_05-12-33.log",
    };
    static const char *const others[] = {
        "",
        "1795583552",          /* a second before */
        "1795583584",          /* a second after */
        "91795583553",         /* part of a longer number */
        "179558355",           /* too short */
        "2026-11-25 05:12:32", /* a second before */
        "2026-11-25 07:00:00",
        "2026-11-25", /* as in the list of changes of what is released today */
        "12026-11-25 05:12:40",
        "2025-11-25 05:12:40",
        "Nov 25 2026",
        "2026-11-25 99:99:99",
        "2026-11-25 0",
    };

    for (size_t i = 0; i < ARRAY_SIZE(traces); i++)
        if (!holds_time(&search, traces[i]))
            fail_msg("not found: %s", traces[i]);
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        if (holds_time(&search, others[i]))
            fail_msg("no trace: %s", others[i]);
}

static void test_the_second_of_two(void **state UNUSED)
{
    assert_true(holds_time(&search, "1795500000 2026-11-25 01:00 then 1795583554"));
    assert_true(holds_time(&search, "2026-11-25 01:00:00, 2026-11-25 05:12:40"));
}

static void test_over_midnight(void **state UNUSED)
{
    const int64_t midnight = FROM / 86400 * 86400 + 86400;
    const struct trace_search late = {.from = midnight - 10, .to = midnight + 10};

    assert_true(holds_time(&late, "2026-11-25 23:59:55"));
    assert_true(holds_time(&late, "2026-11-26 00:00:05"));
    assert_false(holds_time(&late, "2026-11-26 23:59:55"));
}

/* Where the clock was real, the day is a trace: tomorrow it will be another one. */
static void test_days(void **state UNUSED)
{
    struct trace_search days = search;

    days.days = true;
    assert_true(holds_time(&days, "version 2026-11-25"));
    assert_true(holds_time(&days, "Nov 25 2026"));
    assert_false(holds_time(&days, "Nov 25 2025"));
    assert_false(holds_time(&days, "2026-11-24"));
}

/* An sdist that was made a moment ago gives the settled clock a time that is now. */
static void test_the_settled_clock_is_no_trace(void **state UNUSED)
{
    struct trace_search settled = search;

    settled.settled = FROM + 5;
    assert_false(holds_time(&settled, "1795583558"));
    assert_false(holds_time(&settled, "2026-11-25 05:12:38"));
    assert_true(holds_time(&settled, "1795583570"));
}

static void test_headers(void **state UNUSED)
{
    char gzip[18] = "\x1f\x8b\x08", code[20] = "\xa7\x0d\x0d\x0a";
    const uint32_t time = (uint32_t)FROM;

    for (int i = 0; i < 4; i++)
        gzip[4 + i] = code[8 + i] = (char)(time >> (8 * i));
    auto_free char *in_gzip = found(&search, "d.gz", gzip, sizeof(gzip), TRACE_CLOCK);
    auto_free char *in_code = found(&search, "m.pyc", code, sizeof(code), TRACE_CLOCK);
    auto_free char *elsewhere = found(&search, "m.bin", code, sizeof(code), TRACE_CLOCK);
    assert_string_equal(in_gzip, "1795583553 in its header");
    assert_non_null(in_code);
    assert_null(elsewhere);
    code[4] = 1; /* by the hash of its source */
    auto_free char *by_hash = found(&search, "m.pyc", code, sizeof(code), TRACE_CLOCK);
    assert_null(by_hash);
}

static void test_chance(void **state UNUSED)
{
    static const char bytes[] = "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99";
    auto_strv struct strv given = STRV_INIT;
    struct trace_search chance = search;
    static const char *const texts[] = {"x='00112233445566778899'", "id: 00112233-4455-4677-8899-a",
                                        "0011223344556677"};

    strv_push(&given, "ffffffffffffffff");
    strv_push(&given, "0011223344556677");
    chance.chance = &given;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        auto_free char *text = found(&chance, "f", texts[i], strlen(texts[i]), TRACE_CHANCE);
        assert_non_null(text);
    }
    auto_free char *raw = found(&chance, "f", bytes, sizeof(bytes), TRACE_CHANCE);
    assert_string_equal(raw, "the bytes 0011223344556677");
    auto_free char *less = found(&chance, "f", bytes, 7, TRACE_CHANCE);
    assert_null(less);
    auto_free char *nothing = found(&search, "f", bytes, sizeof(bytes), TRACE_CHANCE);
    assert_null(nothing);
}

static void test_what_is_shown_is_printable(void **state UNUSED)
{
    static const char data[] = "2026-11-25 05:12:33\x1b[31m\n";
    auto_free char *text = found(&search, "f", data, sizeof(data) - 1, TRACE_CLOCK);

    assert_string_equal(text, "2026-11-25 05:12:33");
}

static void test_not_more_than_some(void **state UNUSED)
{
    auto_traces struct traces traces = {0};

    for (int i = 0; i < 3 * MAX_TRACES; i++)
        traces_find(&search, "f", "1795583553", 10, &traces);
    assert_int_equal(traces.count, MAX_TRACES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_the_second_of_two),
        cmocka_unit_test(test_over_midnight),
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_the_settled_clock_is_no_trace),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_chance),
        cmocka_unit_test(test_what_is_shown_is_printable),
        cmocka_unit_test(test_not_more_than_some),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
