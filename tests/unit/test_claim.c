/* build/claim.h: R/<dir> has one holder at a time, who alone removes it. */
#include "build/claim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"
#include "scratch.h"

static struct scratch scratch;
static char *root;
static struct wheel_options options;
static struct builder builder;

static int set_up(void **state UNUSED)
{
    if (scratch_make(&scratch) < 0)
        return -1;
    root = xasprintf("%s/R", scratch.path);
    options = (struct wheel_options){0};
    builder = (struct builder){
        .options = &options,
        .root = root,
        .mode = SANDBOX_LOCKED,
        .progress = progress_new(),
    };
    return cancel_init(&builder.cancel, NULL);
}

static int tear_down(void **state UNUSED)
{
    cancel_release(&builder.cancel);
    progress_free(builder.progress);
    free(root);
    return scratch_remove(&scratch);
}

/* What a build that holds `foo-1.0` has there. */
static void begin_work(struct lock *held)
{
    auto_free char *src = xasprintf("%s/foo-1.0/src", root);

    assert_int_equal(claim_take(&builder, "foo-1.0", held, NULL), 0);
    assert_int_equal(make_dirs(src, 0755, NULL), 0);
}

static bool work_is_there(void)
{
    return faccessat(scratch.fd, "R/foo-1.0/src", F_OK, 0) == 0;
}

static void test_holder_cleans(void **state UNUSED)
{
    auto_lock struct lock held = LOCK_INIT;

    begin_work(&held);
    claim_clean(&builder, "foo-1.0", &held);
    assert_false(work_is_there());
}

/* A waiter who gives up does what every attempt does at its end: it cleans, and that is not his. */
static void waiter_gives_up(int expected)
{
    auto_lock struct lock held = LOCK_INIT;
    auto_lock struct lock waiter = LOCK_INIT;

    begin_work(&held);
    assert_int_equal(claim_take(&builder, "foo-1.0", &waiter, NULL), expected);
    assert_int_equal(waiter.fd, -1);
    claim_clean(&builder, "foo-1.0", &waiter);
    assert_true(work_is_there());
    claim_clean(&builder, "foo-1.0", &held);
    assert_false(work_is_there());
}

static void test_cancelled_waiter_leaves_it(void **state UNUSED)
{
    cancel_request(&builder.cancel, 0);
    waiter_gives_up(-ERR_CANCELLED);
}

static void test_late_waiter_leaves_it(void **state UNUSED)
{
    options.timeout_ms = 1;
    waiter_gives_up(-ERR_TIMEOUT);
}

static void test_squatted_root(void **state UNUSED)
{
    auto_lock struct lock held = LOCK_INIT;

    assert_int_equal(symlinkat("elsewhere", scratch.fd, "R"), 0);
    assert_int_equal(mkdirat(scratch.fd, "elsewhere", 0700), 0);
    assert_int_equal(mkdirat(scratch.fd, "elsewhere/foo-1.0", 0700), 0);
    assert_int_equal(claim_take(&builder, "foo-1.0", &held, NULL), -ERR_ENVIRONMENT);
    claim_clean(&builder, "foo-1.0", &held);
    assert_int_equal(faccessat(scratch.fd, "elsewhere/foo-1.0", F_OK, 0), 0);
}

static void test_nothing_is_claimed_in_namespaces(void **state UNUSED)
{
    auto_lock struct lock a = LOCK_INIT;
    auto_lock struct lock b = LOCK_INIT;

    begin_work(&a);
    builder.mode = SANDBOX_NAMESPACES;
    assert_int_equal(claim_take(&builder, "foo-1.0", &b, NULL), 0);
    claim_clean(&builder, "foo-1.0", &b);
    assert_true(work_is_there());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_holder_cleans, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancelled_waiter_leaves_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_late_waiter_leaves_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_squatted_root, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_is_claimed_in_namespaces, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("claim", tests, NULL, NULL);
}
