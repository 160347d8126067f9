/* build/hint.h: what to do about a failed build, from the words of its output. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "build/hint.h"

static void gives(const char *output, bool offline, const char *expected)
{
    auto_err struct err err = ERR_INIT;
    auto_str struct str text = STR_INIT;

    str_append(&text, "\0before\n", 8); /* a NUL does not end the output */
    str_add(&text, output);
    (void)err_set(&err, ERR_BUILD, "failed");
    build_hint(&text, offline, "some-name", "file:///some", &err);
    if (!expected)
        assert_null(err.hint);
    else
        assert_string_equal(err.hint, expected);
}

static const char network[] =
    "builds have no network; --allow-network some-name gives it to this one";

static void test_network(void **state)
{
    (void)state;
    gives("socket.gaierror: [Errno -3] Temporary failure in name resolution\n", true, network);
    gives("fatal: unable to access: Could not resolve host: example.org\n", true, network);
    gives("OSError: [Errno 101] Network is unreachable", true, network);
}

static void test_network_for_what_has_no_name(void **state)
{
    auto_err struct err err = ERR_INIT;
    auto_str struct str text = STR_INIT;

    (void)state;
    str_add(&text, "Network is unreachable");
    (void)err_set(&err, ERR_BUILD, "failed");
    build_hint(&text, true, "", "file:///some", &err);
    assert_non_null(strstr(err.hint, "--allow-network NAME 'NAME @ file:///some'"));
}

static void test_network_was_there(void **state)
{
    (void)state;
    gives("OSError: [Errno 101] Network is unreachable", false, NULL);
}

static void test_tools(void **state)
{
    (void)state;
    gives("FileNotFoundError: [Errno 2] No such file or directory: 'cc'\n", true,
          "there is no C compiler: install one (Debian: gcc)");
    gives("x.c:1:10: fatal error: Python.h: No such file or directory\n", true,
          "Python's headers are missing: install its development package (Debian: python3-dev)");
}

static void test_nothing_known(void **state)
{
    (void)state;
    gives("error: expected ';' before '}' token\n", true, NULL);
    gives("", true, NULL);
}

static void test_reads_the_message(void **state)
{
    auto_err struct err err = ERR_INIT;
    auto_str struct str nothing = STR_INIT;

    (void)state;
    (void)err_set(&err, ERR_BUILD, "OSError: [Errno 28] No space left on device: 'x'");
    build_hint(&nothing, true, "some-name", "", &err);
    assert_non_null(err.hint);
}

static void test_keeps_a_better_hint(void **state)
{
    auto_err struct err err = ERR_INIT;
    auto_str struct str text = STR_INIT;

    (void)state;
    str_add(&text, "Network is unreachable");
    (void)err_set(&err, ERR_BUILD, "failed");
    err_hint(&err, "better");
    build_hint(&text, true, "some-name", "", &err);
    assert_string_equal(err.hint, "better");
    build_hint(&text, true, "some-name", "", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_network),
        cmocka_unit_test(test_network_for_what_has_no_name),
        cmocka_unit_test(test_network_was_there),
        cmocka_unit_test(test_tools),
        cmocka_unit_test(test_nothing_known),
        cmocka_unit_test(test_reads_the_message),
        cmocka_unit_test(test_keeps_a_better_hint),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
