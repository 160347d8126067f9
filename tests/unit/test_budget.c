/* plan/budget.h: which build of a run ends when memory is short, and which do not. */
#include "plan/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MIB ((uint64_t)1 << 20)

static struct budget budget;
static struct budget_share one, other;

static int set_up(void **state UNUSED)
{
    budget_init(&budget, 1000 * MIB);
    budget.floor_bytes = 0;
    budget_join(&budget, &one);
    budget_join(&budget, &other);
    return 0;
}

static int tear_down(void **state UNUSED)
{
    budget_leave(&budget, &one);
    budget_leave(&budget, &other);
    budget_release(&budget);
    return unsetenv("TRUEWHEEL_TEST_GUARDS_OFF");
}

static int note(struct budget_share *share, uint64_t mib, struct err *err)
{
    return budget_note(&budget, share, mib * MIB, 1, err);
}

static void test_enough(void **state UNUSED)
{
    assert_int_equal(note(&one, 999, NULL), 0);
    assert_int_equal(note(&other, 1, NULL), 0);
    assert_int_equal(note(&one, 10, NULL), 0);
    assert_int_equal(note(&other, 990, NULL), 0);
}

static void test_one_too_much(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;

    assert_int_equal(note(&one, 1001, &err), -ERR_RESOURCE);
    assert_non_null(
        strstr(err.message, "out of memory: the build used more than 1000 MiB (--memory)"));
    assert_non_null(err.hint);
}

/* Whoever grew: the largest ends, at its next word, and the others go on. */
static void test_largest_of_two(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;

    assert_int_equal(note(&one, 700, NULL), 0);
    assert_int_equal(note(&other, 400, &err), 0);
    assert_int_equal(note(&one, 700, &err), -ERR_RESOURCE);
    assert_non_null(strstr(err.message, "2 builds at once used more than 1000 MiB (--memory), this "
                                        "one most of it, 700 MiB"));
    /* Told to end, it counts no longer, though its memory is not free yet. */
    assert_int_equal(note(&one, 700, NULL), 0);
    assert_int_equal(note(&other, 900, NULL), 0);
    assert_int_equal(note(&other, 1001, NULL), -ERR_RESOURCE);
}

static void test_who_has_left(void **state UNUSED)
{
    assert_int_equal(note(&one, 900, NULL), 0);
    budget_leave(&budget, &one);
    assert_int_equal(note(&other, 900, NULL), 0);
}

/* The machine has less left than it must: one build at a time, until it has. */
static void test_machine_has_none_left(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;

    budget.floor_bytes = UINT64_MAX;
    assert_int_equal(note(&one, 1, &err), -ERR_RESOURCE);
    assert_non_null(strstr(err.message, "out of memory: the machine has hardly any left"));
    assert_int_equal(note(&other, 1, NULL), 0);
    budget.ended_ms = 0; /* a little later */
    assert_int_equal(note(&other, 1, NULL), -ERR_RESOURCE);
}

static void test_processes(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;

    assert_int_equal(budget_note(&budget, &one, MIB, BUDGET_MAX_PROCESSES, NULL), 0);
    assert_int_equal(budget_note(&budget, &one, MIB, BUDGET_MAX_PROCESSES + 1, &err),
                     -ERR_RESOURCE);
    assert_non_null(strstr(err.message, "too many processes: the build had more than 8192"));
}

static void test_without_guard(void **state UNUSED)
{
    assert_int_equal(setenv("TRUEWHEEL_TEST_GUARDS_OFF", "memory", 1), 0);
    assert_int_equal(budget_note(&budget, &one, 5000 * MIB, 100000, NULL), 0);
}

static void test_default(void **state UNUSED)
{
    struct budget by_default;

    budget_init(&by_default, 0);
    assert_true(by_default.max_bytes > BUDGET_MIN_BYTES);
    assert_true(by_default.floor_bytes > 0);
    budget_release(&by_default);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_enough, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_too_much, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_largest_of_two, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_who_has_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_machine_has_none_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_processes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_guard, set_up, tear_down),
        cmocka_unit_test(test_default),
    };
    return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
