/* build/env_share.h: environments appear whole, are not trusted when found, stay while in use. */
#include "build/env_share.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"
#include "scratch.h"

/*
 * As a build in locked mode could: while the new environment's files are looked at, one becomes a link.
 * In place of libc's fstatat, for the code under test too.
 */
static const char *swap; /* the name of the file; NULL: none, or done */

static bool is_staged(int dirfd)
{
    char path[4096] = "";
    auto_free char *self = xasprintf("/proc/self/fd/%d", dirfd);

    return readlink(self, path, sizeof(path) - 1) > 0 && strstr(path, "/.new-");
}

int fstatat(int dirfd, const char *name, struct stat *st, int flags)
{
    int (*real)(int, const char *, struct stat *, int) = dlsym(RTLD_NEXT, "fstatat");
    int ret = real(dirfd, name, st, flags);

    if (swap && strcmp(name, swap) == 0 && is_staged(dirfd)) {
        swap = NULL;
        assert_int_equal(unlinkat(dirfd, name, 0), 0);
        assert_int_equal(symlinkat("../../../victim", dirfd, name), 0);
    }
    return ret;
}

static struct scratch scratch;
static char *root, *fresh;
static int gave_up = -1; /* readable: waiting has an end */

static int set_up(void **state UNUSED)
{
    if (scratch_make(&scratch) < 0)
        return -1;
    root = xasprintf("%s/R", scratch.path);
    fresh = xasprintf("%s/fresh", scratch.path);
    gave_up = eventfd(1, EFD_CLOEXEC);
    return gave_up < 0 ? -1 : 0;
}

static int tear_down(void **state UNUSED)
{
    close_fd(&gave_up);
    free(root);
    free(fresh);
    return scratch_remove(&scratch);
}

static void write_at(const char *top, const char *name, const char *text)
{
    auto_free char *path = xasprintf("%s/%s", top, name);

    (void)unlink(path);
    assert_int_equal(write_file(path, text, strlen(text), 0644, NULL), 0);
}

/* A new environment, as an installation leaves it. */
static void make_fresh(const char *text)
{
    auto_free char *bin = xasprintf("%s/bin", fresh);
    auto_free char *python = xasprintf("%s/python", bin);

    (void)remove_tree_at(AT_FDCWD, fresh, NULL);
    assert_int_equal(make_dirs(bin, 0755, NULL), 0);
    assert_int_equal(symlink("/usr/bin/python3", python), 0);
    write_at(fresh, "module.py", text);
}

static int share(struct lock *lease, struct err *err)
{
    struct lock_wait wait = {.deadline_ms = DEADLINE_NEVER, .cancel_fd = gave_up};

    return env_share(root, fresh, "abc", &wait, lease, err);
}

static void expect(const char *name, const char *text)
{
    auto_free char *path = xasprintf("%s/env/abc/%s", root, name);
    auto_str struct str found = STR_INIT;

    assert_int_equal(read_file(path, 1000, &found, NULL), 0);
    assert_string_equal(found.buf, text);
}

static bool is_there(const char *name)
{
    return faccessat(scratch.fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static ino_t inode(void)
{
    struct stat st;

    assert_int_equal(fstatat(scratch.fd, "R/env/abc", &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_true(S_ISDIR(st.st_mode));
    return st.st_ino;
}

static void put_in_place(const char *text)
{
    auto_lock struct lock lease = LOCK_INIT;

    make_fresh(text);
    assert_int_equal(share(&lease, NULL), 0);
}

static void test_new(void **state UNUSED)
{
    struct stat st;

    put_in_place("one");
    expect("module.py", "one");
    assert_int_equal(fstatat(scratch.fd, "R/env/abc/module.py", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0444);
    assert_int_equal(fstatat(scratch.fd, "R/env/abc/bin", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0555);
}

static void test_equal_stays(void **state UNUSED)
{
    put_in_place("one");
    ino_t before = inode();
    put_in_place("one");
    assert_int_equal(inode(), before);
}

/* What is there is compared, whatever its name says. */
static void test_changed_is_replaced(void **state UNUSED)
{
    static const char *const planted[] = {"R/env/abc/planted.py", "R/env/abc/bin/cc"};

    put_in_place("one");
    for (size_t i = 0; i < ARRAY_SIZE(planted); i++) {
        ino_t before = inode();
        assert_int_equal(fchmodat(scratch.fd, "R/env/abc", 0755, 0), 0);
        assert_int_equal(fchmodat(scratch.fd, "R/env/abc/bin", 0755, 0), 0);
        assert_int_equal(symlinkat("/bin/false", scratch.fd, planted[i]), 0);
        put_in_place("one");
        assert_false(is_there(planted[i]));
        assert_int_not_equal(inode(), before);
    }
    put_in_place("two");
    expect("module.py", "two");
}

/* Another mode is another content: a script that became executable, or no longer is. */
static void test_changed_mode_is_replaced(void **state UNUSED)
{
    struct stat st;

    put_in_place("one");
    assert_int_equal(fchmodat(scratch.fd, "R/env/abc/module.py", 0555, 0), 0);
    put_in_place("one");
    assert_int_equal(fstatat(scratch.fd, "R/env/abc/module.py", &st, 0), 0);
    assert_int_equal(st.st_mode & 0111, 0);
}

static void test_link_in_its_place(void **state UNUSED)
{
    put_in_place("one");
    assert_int_equal(renameat(scratch.fd, "R/env/abc", scratch.fd, "elsewhere"), 0);
    assert_int_equal(symlinkat("../../elsewhere", scratch.fd, "R/env/abc"), 0);
    put_in_place("one");
    (void)inode();
    assert_true(is_there("elsewhere/module.py"));
}

/* Who has a lease keeps what he has; who wants another content waits, and may give up. */
static void test_lease_keeps_it(void **state UNUSED)
{
    auto_lock struct lock lease = LOCK_INIT;
    auto_lock struct lock other = LOCK_INIT;
    auto_err struct err err = ERR_INIT;

    make_fresh("one");
    assert_int_equal(share(&lease, NULL), 0);
    make_fresh("two");
    assert_int_equal(share(&other, &err), -ERR_CANCELLED);
    assert_int_equal(other.fd, -1);
    assert_non_null(strstr(err.message, "/R/env/abc': "));
    expect("module.py", "one");
    lock_release(&lease);
    assert_int_equal(share(&other, NULL), 0);
    expect("module.py", "two");
}

static void test_lease_is_shared(void **state UNUSED)
{
    auto_lock struct lock lease = LOCK_INIT;
    auto_lock struct lock other = LOCK_INIT;

    make_fresh("one");
    assert_int_equal(share(&lease, NULL), 0);
    assert_int_equal(share(&other, NULL), 0);
}

/* The one who replaced has a shared lease afterwards, not an exclusive one. */
static void test_lease_after_replacing(void **state UNUSED)
{
    auto_lock struct lock lease = LOCK_INIT;
    auto_lock struct lock other = LOCK_INIT;

    put_in_place("one");
    make_fresh("two");
    assert_int_equal(share(&lease, NULL), 0);
    assert_int_equal(share(&other, NULL), 0);
}

static void test_leftovers_of_a_killed_run(void **state UNUSED)
{
    put_in_place("one");
    assert_int_equal(mkdirat(scratch.fd, "R/env/.new-abc", 0755), 0);
    assert_int_equal(mkdirat(scratch.fd, "R/env/.new-abc/half", 0755), 0);
    assert_int_equal(mkdirat(scratch.fd, "R/env/.old-abc", 0755), 0);
    put_in_place("two");
    expect("module.py", "two");
    assert_false(is_there("R/env/abc/half"));
    assert_false(is_there("R/env/.new-abc") || is_there("R/env/.old-abc"));
}

static void test_squatted(void **state UNUSED)
{
    auto_lock struct lock lease = LOCK_INIT;
    auto_err struct err err = ERR_INIT;

    make_fresh("one");
    assert_int_equal(mkdirat(scratch.fd, "R", 0700), 0);
    assert_int_equal(mkdirat(scratch.fd, "elsewhere", 0700), 0);
    assert_int_equal(symlinkat("../elsewhere", scratch.fd, "R/env"), 0);
    assert_int_equal(share(&lease, &err), -ERR_ENVIRONMENT);
    assert_int_equal(lease.fd, -1);
    assert_false(is_there("elsewhere/abc"));
}

/* Modes are set on what was looked at, not on what a link leads to by then. */
static void test_link_swapped_in(void **state UNUSED)
{
    auto_lock struct lock lease = LOCK_INIT;
    struct stat st;

    write_at(scratch.path, "victim", "");
    make_fresh("one");
    swap = "module.py";
    assert_true(share(&lease, NULL) < 0);
    assert_null(swap);
    assert_int_equal(fstatat(scratch.fd, "victim", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_new, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_equal_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_changed_is_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_changed_mode_is_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_link_in_its_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lease_keeps_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lease_is_shared, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lease_after_replacing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_leftovers_of_a_killed_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_squatted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_link_swapped_in, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("env_share", tests, NULL, NULL);
}
