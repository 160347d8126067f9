/* build/env_stamp.h: every change of an environment shows, also one that was undone. */
#include "build/env_stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/path.h"
#include "base/str.h"
#include "scratch.h"

static struct scratch scratch;
static struct env_stamps stamps;
static char *env;

static void write_at(const char *name, const char *text)
{
    auto_free char *path = path_join(env, name);

    assert_int_equal(write_file(path, text, strlen(text), 0644, NULL), 0);
}

/* Until files get another time than those of now: before Linux 6.13 times are some milliseconds coarse. */
static int wait_for_tick(void)
{
    auto_free char *path = xasprintf("%s/tick", scratch.path);
    struct stat first, st;

    if (write_file(path, "", 0, 0644, NULL) < 0 || stat(path, &first) < 0)
        return -1;
    do
        if (chmod(path, 0644) < 0 || stat(path, &st) < 0)
            return -1;
    while (st.st_ctim.tv_sec == first.st_ctim.tv_sec &&
           st.st_ctim.tv_nsec == first.st_ctim.tv_nsec);
    return 0;
}

static int set_up(void **state UNUSED)
{
    if (scratch_make(&scratch) < 0)
        return -1;
    env = xasprintf("%s/env", scratch.path);
    auto_free char *bin = path_join(env, "bin");
    auto_free char *python = path_join(bin, "python");
    if (make_dirs(bin, 0755, NULL) < 0 || symlink("/usr/bin/python3", python) < 0)
        return -1;
    write_at("module.py", "good");
    env_stamps_init(&stamps);
    return env_stamps_add(&stamps, env, NULL) < 0 ? -1 : wait_for_tick();
}

static int tear_down(void **state UNUSED)
{
    env_stamps_release(&stamps);
    free(env);
    (void)unsetenv("TRUEWHEEL_TEST_GUARDS_OFF");
    return scratch_remove(&scratch);
}

static int check(void)
{
    return env_stamps_check(&stamps, env, NULL);
}

static void test_unchanged(void **state UNUSED)
{
    auto_str struct str text = STR_INIT;
    auto_free char *path = path_join(env, "module.py");

    assert_int_equal(read_file(path, 100, &text, NULL), 0);
    assert_int_equal(check(), 0);
    assert_int_equal(env_stamps_check(&stamps, "/not/there", NULL), 0);
}

static void test_message(void **state UNUSED)
{
    auto_err struct err err = ERR_INIT;

    write_at("planted.py", "");
    assert_int_equal(env_stamps_check(&stamps, env, &err), -ERR_BUILD);
    assert_non_null(strstr(err.message, env));
    assert_non_null(err.hint);
    assert_int_equal(setenv("TRUEWHEEL_TEST_GUARDS_OFF", "env-check", 1), 0);
    assert_int_equal(check(), 0);
}

/* The same bytes at the same times, and yet. */
static void test_changed_and_back(void **state UNUSED)
{
    auto_free char *path = path_join(env, "module.py");
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    write_at("module.py", "evil");
    write_at("module.py", "good");
    struct timespec times[] = {st.st_atim, st.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    assert_int_equal(check(), -ERR_BUILD);
}

static void test_added_and_removed(void **state UNUSED)
{
    auto_free char *path = path_join(env, "bin/planted");

    write_at("bin/planted", "");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(check(), -ERR_BUILD);
}

static void test_mode(void **state UNUSED)
{
    auto_free char *path = path_join(env, "bin");

    assert_int_equal(chmod(path, 0777), 0);
    assert_int_equal(chmod(path, 0755), 0);
    assert_int_equal(check(), -ERR_BUILD);
}

static void test_moved_away_and_back(void **state UNUSED)
{
    auto_free char *aside = xasprintf("%s/aside", scratch.path);

    assert_int_equal(rename(env, aside), 0);
    assert_int_equal(check(), -ERR_BUILD);
    assert_int_equal(mkdir(env, 0755), 0);
    assert_int_equal(check(), -ERR_BUILD);
    assert_int_equal(rmdir(env), 0);
    assert_int_equal(rename(aside, env), 0);
    assert_int_equal(check(), -ERR_BUILD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_unchanged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_message, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_changed_and_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_added_and_removed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_mode, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_moved_away_and_back, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("env_stamp", tests, NULL, NULL);
}
