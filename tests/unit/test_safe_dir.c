/* Directories with predictable names, and the people who got there first. */
#include "system/safe_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "scratch.h"

static struct scratch scratch; /* here: a directory like /tmp, mode 1777 */
static char *root;             /* R in it */

static int set_up(void **state UNUSED)
{
    if (scratch_make(&scratch) < 0 || fchmod(scratch.fd, 01777) < 0)
        return -1;
    root = xasprintf("%s/R", scratch.path);
    return 0;
}

static int tear_down(void **state UNUSED)
{
    free(root);
    return scratch_remove(&scratch);
}

static void expect_refused(const char *path, const char *why)
{
    auto_err struct err err = ERR_INIT;
    auto_err struct err check_err = ERR_INIT;
    int fd = -1;

    assert_int_equal(safe_dir_open(path, &fd, &err), -ERR_ENVIRONMENT);
    assert_int_equal(fd, -1);
    if (!strstr(err.message, why))
        fail_msg("'%s' lacks '%s'", err.message, why);
    assert_non_null(err.hint);
    assert_int_equal(safe_dir_check(path, &check_err), -ERR_ENVIRONMENT);
}

static void test_made_and_found_again(void **state UNUSED)
{
    struct stat st;
    mode_t old = umask(0);

    for (int i = 0; i < 2; i++) {
        auto_close int fd = -1;
        assert_int_equal(safe_dir_check(root, NULL), 0);
        assert_int_equal(safe_dir_open(root, &fd, NULL), 0);
        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0700);
    }
    (void)umask(old);
}

static void test_check_makes_nothing(void **state UNUSED)
{
    assert_int_equal(safe_dir_check(root, NULL), 0);
    assert_int_equal(access(root, F_OK), -1);
}

static int make_squat(void *arg)
{
    return mkdir(root, *(mode_t *)arg) == 0 ? 0 : 1;
}

/* CVE-2014-8991's shape, made by another user of the machine. */
static void test_squatted(void **state UNUSED)
{
    mode_t modes[] = {0700, 0777};

    if (geteuid() != 0)
        skip(); /* needs a second user */
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        assert_int_equal(scratch_as_user(SCRATCH_STRANGER, make_squat, &modes[i]), 0);
        expect_refused(root, "another user");
        assert_int_equal(rmdir(root), 0);
    }
}

static int make_link(void *arg)
{
    return symlink(arg, root) == 0 ? 0 : 1;
}

/* CVE-2013-1888's shape: the link leads to a directory of the victim's. */
static void test_symbolic_link(void **state UNUSED)
{
    auto_free char *victim = xasprintf("%s/victim", scratch.path);

    assert_int_equal(mkdir(victim, 0700), 0);
    if (geteuid() == 0)
        assert_int_equal(scratch_as_user(SCRATCH_STRANGER, make_link, victim), 0);
    else
        assert_int_equal(make_link(victim), 0);
    expect_refused(root, "symbolic link");
}

static void test_open_to_others(void **state UNUSED)
{
    static const mode_t modes[] = {0755, 0770, 0701, 01777};

    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        assert_int_equal(mkdir(root, 0700), 0);
        assert_int_equal(chmod(root, modes[i]), 0);
        expect_refused(root, "open to other users");
        assert_int_equal(rmdir(root), 0);
    }
}

static void test_not_a_directory(void **state UNUSED)
{
    assert_int_equal(write_file(root, "", 0, 0600, NULL), 0);
    expect_refused(root, "no directory");
}

static void test_parent_is_open(void **state UNUSED)
{
    assert_int_equal(fchmod(scratch.fd, 0777), 0); /* not sticky: anybody may rename R */
    expect_refused(root, "above");
}

static void test_parent_is_foreign(void **state UNUSED)
{
    auto_free char *parent = xasprintf("%s/theirs", scratch.path);
    auto_free char *child = xasprintf("%s/sub", parent);
    auto_free char *deep = xasprintf("%s/R", child);

    if (geteuid() != 0)
        skip();
    assert_int_equal(mkdir(parent, 0755), 0);
    assert_int_equal(mkdir(child, 0755), 0);
    assert_int_equal(chown(parent, SCRATCH_STRANGER, SCRATCH_STRANGER), 0);
    expect_refused(deep, "above"); /* the grandparent's owner can swap the parent */
}

static int open_as_user(void *arg)
{
    auto_close int fd = -1;

    return safe_dir_open(arg, &fd, NULL) == 0 ? 0 : 1;
}

/* Two users, two R: the second one is refused the first one's, and gets one of its own. */
static void test_two_users(void **state UNUSED)
{
    auto_free char *other = xasprintf("%s/R2", scratch.path);
    auto_close int fd = -1;

    if (geteuid() != 0)
        skip();
    assert_int_equal(safe_dir_open(root, &fd, NULL), 0);
    assert_int_equal(scratch_as_user(SCRATCH_STRANGER, open_as_user, root), 1);
    assert_int_equal(scratch_as_user(SCRATCH_STRANGER, open_as_user, other), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_made_and_found_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_check_makes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_squatted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_symbolic_link, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_open_to_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_a_directory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_parent_is_open, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_parent_is_foreign, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_two_users, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("safe_dir", tests, NULL, NULL);
}
