/* The room causes: patterns, packages, and what a log is found to say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "causes/pattern.h"
#include "causes/tell.h"

/* ------------------------------------------------------------------------------------- patterns */

static void finds(const char *pattern, const char *line, const char *word)
{
    struct pattern_match match;
    bool found = pattern_matches(pattern, line, strlen(line), &match);

    assert_int_equal(found, word != NULL);
    if (!word || !word[0])
        return;
    auto_free char *got = xstrndup(match.words[0].start, match.words[0].len);
    assert_string_equal(got, word);
}

static void test_patterns(void **state)
{
    (void)state;
    finds("error: %1: No such", "x.c:1:2: fatal error: a/b.h: No such file", "a/b.h");
    finds("error: %1: No such", "error: two words: No such file", NULL);
    finds("%1: not found", "sh: 1: cmake: not found", "cmake");
    finds("%1: not found", ": not found", NULL);
    finds("named %'%1%'%$", "No module named \xe2\x80\x98x.y\xe2\x80\x99  ", "x.y");
    finds("named %'%1%'%$", "No module named 'x' here", NULL);
    finds("named %1%$", "python: No module named build", "build");
    finds("%^Could NOT find %1 (", "   Could NOT find ZLIB (missing: X)", "ZLIB");
    finds("%^Could NOT find %1 (", "-- Could NOT find ZLIB (missing: X)", NULL);
    finds("a%*b", "xxa123b", "");
    finds("a%*b", "xxa123", NULL);
    finds("aab", "aaab", "");
    finds("name: %1", "undeclared name: long.", "long");
}

/* ----------------------------------------------------------------------------------------- logs */

static const struct cause_world world = {
    .offline = true, .project = "some-name", .version = "1.2", .url = "file:///some"};

/* Appends its NUL too: that does not end the log. */
static struct str log_of(const char *text)
{
    struct str log = STR_INIT;

    str_append(&log, "\0before\n", 8);
    str_add(&log, text);
    return log;
}

static void is_cause(const char *text, const char *message, const struct cause_world *in,
                     const char *id, const char *headline)
{
    auto_str struct str log = log_of(text);
    auto_cause struct cause_found found = CAUSE_FOUND_INIT;

    cause_find(&log, message, in, &found);
    if (!id) {
        assert_null(found.cause);
        return;
    }
    assert_non_null(found.cause);
    assert_string_equal(found.id, id);
    auto_free char *said = cause_headline(&found, in);
    if (headline)
        assert_string_equal(said, headline);
}

static const char nothing[] = "error: command 'gcc' failed with exit code 1";

static void test_first_error(void **state)
{
    (void)state;
    is_cause("x.c:1: fatal error: a.h: No such file or directory\n"
             "y.c:1: fatal error: b.h: No such file or directory\n",
             nothing, &world, "header", "the header 'a.h' is missing");
    is_cause("sh: 1: git: not found\nld: cannot find -lfoo: No such file or directory\n", nothing,
             &world, "library", "the library 'foo' is missing");
    is_cause("x.c:9:2: error: expected ';'\nx.c:10:2: error: other\n", nothing, &world, "compile",
             "x.c:9:2: error: expected ';'");
}

static void test_trials_do_not_count(void **state)
{
    (void)state;
    is_cause("_configtest.c:1:10: fatal error: a.h: No such file or directory\n"
             "/tmp/tmpab/x.c:1:10: fatal error: a.h: No such file or directory\n",
             nothing, &world, NULL, NULL);
    is_cause("-- Could NOT find ZLIB (missing: ZLIB_LIBRARY)\n", nothing, &world, NULL, NULL);
}

static void test_what_was_caught(void **state)
{
    (void)state;
    is_cause("ModuleNotFoundError: No module named 'tomllib'\n\nDuring handling of the above "
             "exception, another exception occurred:\n\nModuleNotFoundError: No module named "
             "'tomli'\n",
             nothing, &world, "undeclared-requirement",
             "the build imports 'tomli', which no build requirement brings");
}

static void test_message_counts_more(void **state)
{
    (void)state;
    is_cause("x.c:1: fatal error: a.h: No such file or directory\n",
             "ModuleNotFoundError: No module named 'numpy'", &world, "undeclared-requirement",
             NULL);
    is_cause("x.c:1: error: bad\n", "ValueError: the reason is this", &world, NULL, NULL);
    is_cause("", "OSError: [Errno 28] No space left on device: 'x'", &world, "disk", NULL);
}

static void test_own_module(void **state)
{
    (void)state;
    is_cause("", "ModuleNotFoundError: No module named 'some_name.core'", &world, NULL, NULL);
}

static void test_network(void **state)
{
    struct cause_world online = world;

    (void)state;
    online.offline = false;
    is_cause("OSError: [Errno 101] Network is unreachable", nothing, &world, "network", NULL);
    is_cause("OSError: [Errno 101] Network is unreachable", nothing, &online, NULL, NULL);
}

static void test_nothing_known(void **state)
{
    (void)state;
    is_cause("all is well\n", nothing, &world, NULL, NULL);
    is_cause("", "", &world, NULL, NULL);
}

static void test_colours(void **state)
{
    (void)state;
    is_cause("x.c:1: \x1b[01;31m\x1b[Kfatal error: \x1b[m\x1b[Ka.h: No such file or directory\n",
             nothing, &world, "header", "the header 'a.h' is missing");
}

static void test_remedies(void **state)
{
    struct cause_world nameless = world;

    (void)state;
    nameless.project = "";
    auto_cause struct cause_found found = CAUSE_FOUND_INIT;
    auto_str struct str log = log_of("Network is unreachable\n");
    cause_find(&log, nothing, &world, &found);
    auto_free char *named = cause_remedy(&found, &world);
    auto_free char *unnamed = cause_remedy(&found, &nameless);
    assert_string_equal(named,
                        "builds have no network; --allow-network some-name gives it to this one");
    assert_non_null(strstr(unnamed, "--allow-network NAME 'NAME @ file:///some'"));
}

static void test_packages(void **state)
{
    (void)state;
    assert_string_equal(package_of(THING_HEADER, "ffi.h")->debian, "libffi-dev");
    assert_string_equal(package_of(THING_LIBRARY, "ssl")->fedora, "openssl-devel");
    assert_string_equal(package_of(THING_PROGRAM, "/usr/bin/x86_64-linux-gnu-gcc")->debian, "gcc");
    assert_null(package_of(THING_HEADER, "ffi"));
    assert_null(package_of(THING_MODULE, ""));
}

/* ---------------------------------------------------------------------------------------- tables */

static const struct cause_table *const tables[] = {&causes_machine, &causes_python, &causes_native};

static void check_sentence(const char *text)
{
    for (const char *p = text; *p; p++)
        if (*p == '%')
            assert_non_null(strchr("0123pdnNva", *++p));
}

/* Each sentence can be filled in, and each pattern begins with something to search for. */
static void test_rows_are_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
        for (size_t k = 0; k < tables[i]->count; k++) {
            const struct cause *row = &tables[i]->rows[k];
            assert_non_null(row->signs[0]);
            check_sentence(row->say);
            check_sentence(row->remedy ? row->remedy : "");
            for (size_t n = 0; n < CAUSE_SIGNS && row->signs[n]; n++) {
                const char *sign = row->signs[n];
                bool anchored = sign[0] == '%' && (sign[1] == '^' || sign[1] == '1');
                assert_true(strcspn(sign + (anchored ? 2 : 0), "%") >= 3);
            }
        }
}

static void test_excerpt(void **state)
{
    auto_str struct str log = log_of("\x1b[2Jone\ntwo\nthree\n");
    size_t at = (size_t)((const char *)memmem(log.buf, log.len, "two", 3) - log.buf);

    (void)state;
    auto_free char *shown = cause_excerpt(&log, at);
    assert_string_equal(shown, "  ?before\n  ?[2Jone\n> two\n  three\n");
}

/* A line without end, and many that begin like every cause, take no time to speak of. */
static void test_hostile(void **state)
{
    auto_str struct str log = STR_INIT;
    auto_cause struct cause_found found = CAUSE_FOUND_INIT;

    (void)state;
    for (int i = 0; i < 1000000; i++)
        str_append(&log, "No module named \0", 17);
    str_addch(&log, '\n');
    for (int i = 0; i < 100000; i++)
        str_add(&log, "fatal error: fatal error: fatal error: x\n");
    cause_find(&log, nothing, &world, &found);
    assert_non_null(found.cause);
    auto_free char *shown = cause_excerpt(&log, found.at);
    assert_true(strlen(shown) < 16 * 510);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_first_error),
        cmocka_unit_test(test_trials_do_not_count),
        cmocka_unit_test(test_what_was_caught),
        cmocka_unit_test(test_message_counts_more),
        cmocka_unit_test(test_own_module),
        cmocka_unit_test(test_network),
        cmocka_unit_test(test_nothing_known),
        cmocka_unit_test(test_colours),
        cmocka_unit_test(test_remedies),
        cmocka_unit_test(test_packages),
        cmocka_unit_test(test_rows_are_whole),
        cmocka_unit_test(test_excerpt),
        cmocka_unit_test(test_hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
