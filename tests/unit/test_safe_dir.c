/* Directories with predictable names, and the people who got there first. */
#include "system/safe_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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

/* ------------------------------------------------------------- places that nobody has named */

static char *engine; /* R/lib/engine */

static int set_up_path(void **state)
{
    if (set_up(state) < 0 || fchmod(scratch.fd, 0755) < 0 || mkdir(root, 0755) < 0)
        return -1;
    auto_free char *lib = xasprintf("%s/lib", root);
    engine = xasprintf("%s/lib/engine", root);
    return mkdir(lib, 0755) < 0 ? -1 : write_file(engine, "", 0, 0755, NULL);
}

static int tear_down_path(void **state)
{
    free(engine);
    return tear_down(state);
}

static void expect_path(int code, bool closed, const char *why)
{
    auto_err struct err err = ERR_INIT;

    assert_int_equal(safe_path_check(engine, scratch.path, geteuid(), closed, &err), code);
    if (code < 0 && !strstr(err.message, why))
        fail_msg("'%s' lacks '%s'", err.message, why);
}

static void test_path_of_our_own(void **state UNUSED)
{
    expect_path(0, true, "");
    assert_int_equal(safe_path_check("/bin/sh", "", geteuid(), true, NULL), 0);
    assert_int_equal(safe_path_check("/no-such", "", geteuid(), true, NULL), -ENOENT);
}

static void test_path_others_put_there(void **state UNUSED)
{
    const char *parts[] = {root, engine};

    if (geteuid() != 0)
        skip();
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        assert_int_equal(chown(parts[i], SCRATCH_STRANGER, 0), 0);
        expect_path(-ERR_ENVIRONMENT, false, "belongs to another user");
        assert_int_equal(safe_path_check(engine, scratch.path, SCRATCH_STRANGER, false, NULL), 0);
        assert_int_equal(chown(parts[i], 0, 0), 0);
    }
    /* What is above is not asked about. */
    assert_int_equal(fchown(scratch.fd, SCRATCH_STRANGER, 0), 0);
    expect_path(0, false, "");
    assert_int_equal(fchown(scratch.fd, 0, 0), 0);
}

static void test_path_of_a_strangers_link(void **state UNUSED)
{
    auto_free char *real = xasprintf("%s/real", scratch.path);

    if (geteuid() != 0)
        skip();
    assert_int_equal(rename(root, real), 0);
    assert_int_equal(symlink(real, root), 0);
    expect_path(0, true, "");
    assert_int_equal(lchown(root, SCRATCH_STRANGER, 0), 0);
    expect_path(-ERR_ENVIRONMENT, false, "belongs to another user");
}

static void test_path_open_to_others(void **state UNUSED)
{
    assert_int_equal(chmod(root, 0777), 0);
    expect_path(0, false, "");
    expect_path(-ERR_ENVIRONMENT, true, "others can write");
    assert_int_equal(chmod(root, 01777), 0); /* nobody can replace what lies in it */
    expect_path(0, true, "");
    assert_int_equal(chmod(root, 0775), 0); /* this user's own group */
    expect_path(0, true, "");
    assert_int_equal(chmod(engine, 0757), 0);
    expect_path(-ERR_ENVIRONMENT, true, "others can write");
    assert_int_equal(chmod(engine, 0755), 0);
    if (geteuid() != 0)
        return;
    assert_int_equal(chown(root, 0, SCRATCH_STRANGER), 0); /* as root wants it */
    expect_path(0, true, "");
    assert_int_equal(chown(root, SCRATCH_STRANGER, SCRATCH_STRANGER), 0);
    assert_int_equal(safe_path_check(engine, scratch.path, SCRATCH_STRANGER, true, NULL),
                     -ERR_ENVIRONMENT);
}

#define PATH_TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up_path, tear_down_path)

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
        PATH_TEST(test_path_of_our_own),
        PATH_TEST(test_path_others_put_there),
        PATH_TEST(test_path_of_a_strangers_link),
        PATH_TEST(test_path_open_to_others),
    };
    return cmocka_run_group_tests_name("safe_dir", tests, NULL, NULL);
}
