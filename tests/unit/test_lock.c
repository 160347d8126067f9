/* Lock files: exclusion, waiting, and what others may have put in their place. */
#include "system/lock.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/str.h"
#include "scratch.h"

static struct scratch scratch;

static int set_up(void **state UNUSED)
{
    return scratch_make(&scratch);
}

static int tear_down(void **state UNUSED)
{
    return scratch_remove(&scratch);
}

static void open_lock(struct lock *lock)
{
    assert_int_equal(lock_open_at(scratch.fd, "a.lock", lock, NULL), 0);
}

static void test_exclusive(void **state UNUSED)
{
    auto_lock struct lock a = LOCK_INIT;
    auto_lock struct lock b = LOCK_INIT;
    auto_err struct err err = ERR_INIT;

    open_lock(&a);
    open_lock(&b);
    assert_int_equal(lock_try(&a, LOCK_EXCLUSIVE, &err), 0);
    assert_int_equal(lock_try(&b, LOCK_EXCLUSIVE, &err), -EAGAIN);
    assert_int_equal(lock_try(&b, LOCK_SHARED, &err), -EAGAIN);
    auto_free char *holder = lock_holder(&b);
    auto_free char *expected = xasprintf("pid %d on ", getpid());
    assert_non_null(strstr(holder, expected));
    lock_release(&a);
    assert_int_equal(lock_try(&b, LOCK_EXCLUSIVE, &err), 0);
    /* Permanent: releasing does not remove it. */
    lock_release(&b);
    assert_int_equal(faccessat(scratch.fd, "a.lock", F_OK, 0), 0);
}

static void test_shared(void **state UNUSED)
{
    auto_lock struct lock a = LOCK_INIT;
    auto_lock struct lock b = LOCK_INIT;
    auto_lock struct lock c = LOCK_INIT;

    open_lock(&a);
    open_lock(&b);
    open_lock(&c);
    assert_int_equal(lock_try(&a, LOCK_SHARED, NULL), 0);
    assert_int_equal(lock_try(&b, LOCK_SHARED, NULL), 0);
    assert_int_equal(lock_try(&c, LOCK_EXCLUSIVE, NULL), -EAGAIN);
}

/* POSIX locks are lost when the process closes any descriptor of the file; these must not be. */
static void test_unrelated_close(void **state UNUSED)
{
    auto_lock struct lock a = LOCK_INIT;
    auto_lock struct lock b = LOCK_INIT;

    open_lock(&a);
    assert_int_equal(lock_try(&a, LOCK_EXCLUSIVE, NULL), 0);
    int other = openat(scratch.fd, "a.lock", O_RDWR | O_CLOEXEC);
    assert_true(other >= 0);
    close_fd(&other);
    open_lock(&b);
    assert_int_equal(lock_try(&b, LOCK_EXCLUSIVE, NULL), -EAGAIN);
}

static void count_wait(const char *holder, void *arg)
{
    assert_non_null(strstr(holder, "pid "));
    ++*(int *)arg;
}

static void test_deadline(void **state UNUSED)
{
    auto_lock struct lock a = LOCK_INIT;
    auto_lock struct lock b = LOCK_INIT;
    auto_err struct err err = ERR_INIT;
    int waits = 0;
    struct lock_wait wait = {
        .deadline_ms = clock_ms() + 30, .cancel_fd = -1, .on_wait = count_wait, .arg = &waits};

    open_lock(&a);
    open_lock(&b);
    assert_int_equal(lock_try(&a, LOCK_EXCLUSIVE, NULL), 0);
    assert_int_equal(lock_acquire(&b, LOCK_EXCLUSIVE, &wait, &err), -ERR_TIMEOUT);
    assert_non_null(strstr(err.message, "held by pid "));
    assert_int_equal(waits, 1);
}

static void test_cancel(void **state UNUSED)
{
    auto_lock struct lock a = LOCK_INIT;
    auto_lock struct lock b = LOCK_INIT;
    int pipes[2];

    open_lock(&a);
    open_lock(&b);
    assert_int_equal(make_pipe(pipes, NULL), 0);
    struct lock_wait wait = {.deadline_ms = DEADLINE_NEVER, .cancel_fd = pipes[0]};
    assert_int_equal(lock_try(&a, LOCK_EXCLUSIVE, NULL), 0);
    close_fd(&pipes[1]);
    assert_int_equal(lock_acquire(&b, LOCK_EXCLUSIVE, &wait, NULL), -ERR_CANCELLED);
    close_fd(&pipes[0]);
}

/* A holder that is killed leaves nothing to clean up. */
static void test_holder_is_killed(void **state UNUSED)
{
    int ready[2];
    char byte;
    auto_lock struct lock mine = LOCK_INIT;

    assert_int_equal(make_pipe(ready, NULL), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct lock lock = LOCK_INIT;
        if (lock_open_at(scratch.fd, "a.lock", &lock, NULL) < 0 ||
            lock_try(&lock, LOCK_EXCLUSIVE, NULL) < 0 || write(ready[1], "x", 1) != 1)
            _exit(1);
        pause();
        _exit(0);
    }
    assert_int_equal(read_full(ready[0], &byte, 1), 1);
    open_lock(&mine);
    assert_int_equal(lock_try(&mine, LOCK_EXCLUSIVE, NULL), -EAGAIN);
    (void)kill(child, SIGKILL);
    struct lock_wait wait = {.deadline_ms = DEADLINE_NEVER, .cancel_fd = -1};
    assert_int_equal(lock_acquire(&mine, LOCK_EXCLUSIVE, &wait, NULL), 0);
    (void)waitpid(child, NULL, 0);
    close_fd(&ready[0]);
    close_fd(&ready[1]);
}

static void expect_refused(const char *name)
{
    auto_lock struct lock lock = LOCK_INIT;
    auto_err struct err err = ERR_INIT;

    assert_int_equal(lock_open_at(scratch.fd, name, &lock, &err), -ERR_ENVIRONMENT);
    assert_non_null(strstr(err.message, name));
    assert_int_equal(lock.fd, -1);
}

/* CVE-2025-68146's shape: a lock file that leads to something of the victim's. */
static void test_link_is_not_followed(void **state UNUSED)
{
    auto_free char *victim = xasprintf("%s/victim", scratch.path);
    auto_str struct str text = STR_INIT;

    assert_int_equal(write_file(victim, "precious", 8, 0600, NULL), 0);
    assert_int_equal(symlinkat("victim", scratch.fd, "symbolic"), 0);
    expect_refused("symbolic");
    assert_int_equal(linkat(scratch.fd, "victim", scratch.fd, "hard", 0), 0);
    expect_refused("hard");
    assert_int_equal(read_file(victim, 100, &text, NULL), 0);
    assert_string_equal(text.buf, "precious");
}

static void test_other_kinds_are_refused(void **state UNUSED)
{
    assert_int_equal(mkfifoat(scratch.fd, "fifo", 0600), 0);
    assert_int_equal(mkdirat(scratch.fd, "directory", 0700), 0);
    expect_refused("fifo");
    expect_refused("directory");
}

static void test_foreign_file_is_refused(void **state UNUSED)
{
    if (geteuid() != 0)
        skip(); /* only root can make a file of somebody else's */
    int fd = openat(scratch.fd, "foreign", O_CREAT | O_RDWR | O_CLOEXEC, 0666);
    assert_true(fd >= 0);
    assert_int_equal(fchown(fd, 65534, 65534), 0);
    close_fd(&fd);
    expect_refused("foreign");
}

static void test_job_lock(void **state UNUSED)
{
    auto_free char *root = xasprintf("%s/root", scratch.path);
    auto_lock struct lock a = LOCK_INIT;
    auto_lock struct lock b = LOCK_INIT;
    auto_lock struct lock c = LOCK_INIT;

    assert_int_equal(lock_open_job(root, "a-1", &a, NULL), 0);
    assert_int_equal(lock_open_job(root, "a-1", &b, NULL), 0);
    assert_int_equal(lock_open_job(root, "b-1", &c, NULL), 0);
    assert_int_equal(lock_try(&a, LOCK_EXCLUSIVE, NULL), 0);
    assert_int_equal(lock_try(&b, LOCK_EXCLUSIVE, NULL), -EAGAIN);
    assert_int_equal(lock_try(&c, LOCK_EXCLUSIVE, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_exclusive, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shared, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unrelated_close, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_deadline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancel, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_holder_is_killed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_link_is_not_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_kinds_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_foreign_file_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_job_lock, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
