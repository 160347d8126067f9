/* driver/base/guard: which guards are off, and names that no guard has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/guard.h"

static int forget(void **state UNUSED)
{
    return unsetenv("TRUEWHEEL_TEST_GUARDS_OFF");
}

static void switch_off(const char *names)
{
    assert_int_equal(setenv("TRUEWHEEL_TEST_GUARDS_OFF", names, 1), 0);
}

static void test_all_are_on(void **state UNUSED)
{
    assert_null(guards_off());
    assert_false(guard_is_off("umask"));
    assert_int_equal(guards_check(NULL), 0);
    switch_off("");
    assert_null(guards_off());
    assert_int_equal(guards_check(NULL), 0);
}

static void test_named_ones_are_off(void **state UNUSED)
{
    switch_off(",uuid,,umask");
    assert_true(guard_is_off("umask"));
    assert_true(guard_is_off("uuid"));
    assert_false(guard_is_off("user"));
    assert_int_equal(guards_check(NULL), 0);
}

static void test_unknown_names_are_refused(void **state UNUSED)
{
    static const char *const lists[] = {"umas",      "umaskx", "uuid,umas",
                                        "umas,uuid", " uuid",  "UUID"};

    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        auto_err struct err err = ERR_INIT;
        switch_off(lists[i]);
        assert_int_equal(guards_check(&err), -ERR_USAGE);
        assert_non_null(strstr(err.message, "there is no guard '"));
        assert_false(guard_is_off("umask"));
    }
}

/* A misspelt name in the code would leave the guard on for ever, and its test without effect. */
static void test_asking_for_an_unknown_one_aborts(void **state UNUSED)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        (void)signal(SIGABRT, SIG_DFL); /* cmocka's handler would go on */
        (void)close(STDERR_FILENO);
        (void)guard_is_off("umas");
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_all_are_on, forget),
        cmocka_unit_test_teardown(test_named_ones_are_off, forget),
        cmocka_unit_test_teardown(test_unknown_names_are_refused, forget),
        cmocka_unit_test(test_asking_for_an_unknown_one_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
