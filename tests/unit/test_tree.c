/* Ending process trees whose members try to survive. */
#include "system/tree.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/io.h"

static int set_up(void **state UNUSED)
{
    return tree_become_subreaper(NULL);
}

/* Every process of a test's tree holds the write end: end of file means that all are dead. */
static void expect_all_dead(int pipes[2])
{
    char byte;

    close_fd(&pipes[1]);
    while (read(pipes[0], &byte, 1) > 0)
        ;
    close_fd(&pipes[0]);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void say_ready(int fd)
{
    if (write(fd, "x", 1) != 1)
        _exit(1);
}

static void wait_ready(int fd, int count)
{
    char byte;

    for (int i = 0; i < count; i++)
        assert_int_equal(read_full(fd, &byte, 1), 1);
}

/* A daemon by the book: two forks, a session of its own, deaf to everything that can be ignored. */
static void become_daemon(int ready)
{
    if (fork() != 0)
        _exit(0);
    (void)setsid();
    if (fork() != 0)
        _exit(0);
    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_IGN);
    say_ready(ready);
    for (;;)
        pause();
}

static void test_daemon(void **state UNUSED)
{
    int pipes[2];

    assert_int_equal(make_pipe(pipes, NULL), 0);
    pid_t child = fork();
    if (child == 0)
        become_daemon(pipes[1]);
    wait_ready(pipes[0], 1);
    tree_end(NULL, NULL);
    expect_all_dead(pipes);
}

static void test_stopped(void **state UNUSED)
{
    int pipes[2];

    assert_int_equal(make_pipe(pipes, NULL), 0);
    if (fork() == 0) {
        if (fork() == 0) {
            (void)setsid();
            say_ready(pipes[1]);
            (void)raise(SIGSTOP);
            pause();
        }
        say_ready(pipes[1]);
        (void)raise(SIGSTOP);
        pause();
    }
    wait_ready(pipes[0], 2);
    tree_end(NULL, NULL);
    expect_all_dead(pipes);
}

/* Ends itself and goes on as its own child, again and again. */
static void run_away(int ready)
{
    for (int i = 0;; i++) {
        if (i == 10)
            say_ready(ready);
        pid_t pid = fork();
        if (pid != 0)
            _exit(0);
    }
}

static void test_running_away(void **state UNUSED)
{
    int pipes[2];

    assert_int_equal(make_pipe(pipes, NULL), 0);
    if (fork() == 0)
        run_away(pipes[1]);
    wait_ready(pipes[0], 1);
    tree_end(NULL, NULL);
    expect_all_dead(pipes);
}

static void test_nothing(void **state UNUSED)
{
    pid_t *pids = NULL;

    tree_end(NULL, NULL);
    assert_int_equal(tree_children(&pids), 0);
    free(pids);
}

static void remember(pid_t pid, int status, void *arg)
{
    pid_t *found = arg;

    if (WIFEXITED(status) && WEXITSTATUS(status) == 7)
        *found = pid;
}

static void test_statuses(void **state UNUSED)
{
    pid_t found = 0;
    pid_t *pids = NULL;
    pid_t child = fork();

    if (child == 0)
        _exit(7);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(tree_children(&pids), 1);
    assert_int_equal(pids[0], child);
    free(pids);
    tree_reap(remember, &found);
    assert_int_equal(found, child);
}

static void test_pidfd(void **state UNUSED)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0)
        for (;;)
            pause();
    int fd = tree_pidfd(child);
    assert_true(fd >= 0);
    assert_int_equal(tree_wait(fd, clock_ms() + 5, &status), -ETIMEDOUT);
    assert_int_equal(tree_signal(fd, SIGKILL), 0);
    assert_int_equal(tree_wait(fd, DEADLINE_NEVER, &status), 0);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
    assert_int_equal(tree_signal(fd, SIGKILL), -ESRCH);
    close_fd(&fd);
}

/*
 * Asked first: a child that ends its own tree in its own way gets to. Its last word comes after the
 * question, so it must be there.
 */
static void test_stop(void **state UNUSED)
{
    int pipes[2], word[2];
    char byte = 0;

    assert_int_equal(make_pipe(pipes, NULL), 0);
    assert_int_equal(make_pipe(word, NULL), 0);
    if (fork() == 0) {
        sigset_t term;
        int number;
        (void)sigemptyset(&term);
        (void)sigaddset(&term, SIGTERM);
        (void)sigprocmask(SIG_BLOCK, &term, NULL);
        say_ready(pipes[1]);
        (void)sigwait(&term, &number);
        _exit(write(word[1], "y", 1) != 1);
    }
    wait_ready(pipes[0], 1);
    tree_stop(DEADLINE_NEVER);
    close_fd(&word[1]);
    assert_int_equal(read_full(word[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    close_fd(&word[0]);
    expect_all_dead(pipes);
}

static void test_stop_has_an_end(void **state UNUSED)
{
    int pipes[2];

    assert_int_equal(make_pipe(pipes, NULL), 0);
    if (fork() == 0) {
        (void)signal(SIGTERM, SIG_IGN);
        say_ready(pipes[1]);
        for (;;)
            pause();
    }
    wait_ready(pipes[0], 1);
    tree_stop(clock_ms() + 20);
    expect_all_dead(pipes);
}

/* The guard itself: without the subreaper the daemon is out of reach. */
static void test_without_subreaper(void **state UNUSED)
{
    int pipes[2];
    char byte;

    assert_int_equal(make_pipe(pipes, NULL), 0);
    pid_t helper = fork();
    if (helper == 0) { /* does not inherit the subreaper's role */
        int ready[2];
        if (make_pipe(ready, NULL) < 0)
            _exit(1);
        if (fork() == 0)
            become_daemon(ready[1]);
        if (read_full(ready[0], &byte, 1) != 1)
            _exit(1);
        tree_end(NULL, NULL);
        _exit(0);
    }
    close_fd(&pipes[1]);
    assert_int_equal(waitpid(helper, NULL, 0), helper);
    assert_int_equal(set_nonblocking(pipes[0], NULL), 0);
    assert_int_equal(read(pipes[0], &byte, 1), -1); /* alive: it holds the write end */
    tree_end(NULL, NULL);
    assert_int_equal(read(pipes[0], &byte, 1), 0);
    close_fd(&pipes[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_daemon),
        cmocka_unit_test(test_stopped),
        cmocka_unit_test(test_running_away),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_stop_has_an_end),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_pidfd),
        cmocka_unit_test(test_without_subreaper),
    };
    return cmocka_run_group_tests_name("tree", tests, set_up, NULL);
}
