/* run/stopping.h: what the first, the second and the third signal do. */
#include "run/stopping.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "system/sig.h"
#include "system/tree.h"

static struct builder builder;
static struct stopping stopping;

/* In the place of the engine: a process that never ends by itself. */
static pid_t start_child(void)
{
    pid_t pid = fork();

    if (pid == 0)
        for (;;)
            (void)pause();
    return pid;
}

static int set_up(void **state UNUSED)
{
    static const int watched[] = {SIGTERM, SIGINT, 0};

    builder = (struct builder)BUILDER_INIT;
    stopping = (struct stopping)STOPPING_INIT;
    stopping.builder = &builder;
    builder.engine.pid = start_child();
    builder.engine.pidfd = tree_pidfd(builder.engine.pid);
    if (cancel_init(&builder.cancel, NULL) < 0 || sig_block_all(NULL) < 0)
        return -1;
    return sig_open_fd(watched, &stopping.signals, NULL);
}

static int tear_down(void **state UNUSED)
{
    engine_kill(&builder.engine);
    (void)waitpid(builder.engine.pid, NULL, 0); /* the test may have done so */
    engine_release(&builder.engine);
    cancel_release(&builder.cancel);
    close_fd(&stopping.signals);
    (void)sig_restore_mask(NULL);
    return 0;
}

static void assert_killed(void)
{
    int status = 0;

    assert_int_equal(waitpid(builder.engine.pid, &status, 0), builder.engine.pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void assert_lives(void)
{
    assert_int_equal(waitpid(builder.engine.pid, NULL, WNOHANG), 0);
}

static void test_first_cancels(void **state UNUSED)
{
    stopping_signal(&stopping, SIGTERM);
    assert_int_equal(atomic_load(&builder.cancel.signal), SIGTERM);
    assert_lives();
}

/* A stopped engine too: it could not even see that the connection is closed. */
static void test_second_kills(void **state UNUSED)
{
    assert_int_equal(kill(builder.engine.pid, SIGSTOP), 0);
    stopping_signal(&stopping, SIGTERM);
    stopping_signal(&stopping, SIGINT);
    assert_int_equal(atomic_load(&builder.cancel.signal), SIGTERM);
    assert_killed();
}

static void end_with_number(int signal)
{
    _exit(signal);
}

static int send_three(void (*end)(int signal))
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        if (end)
            stopping_set_end(end);
        stopping_signal(&stopping, SIGTERM);
        stopping_signal(&stopping, SIGINT);
        stopping_signal(&stopping, SIGINT);
        _exit(77);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void test_third_ends_at_once(void **state UNUSED)
{
    int status = send_three(end_with_number);

    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == SIGTERM);
    status = send_three(NULL);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void test_heard_while_it_ends(void **state UNUSED)
{
    stopping_signal(&stopping, SIGTERM);
    stopping_watch(&stopping);
    stopping_watch(&stopping);
    assert_int_equal(kill(getpid(), SIGINT), 0);
    assert_killed();
    stopping_end(&stopping);
    assert_int_equal(stopping.first, SIGTERM);
}

/* The run has ended by itself: whoever comes next has the signal. */
static void test_late_signal_is_not_lost(void **state UNUSED)
{
    sigset_t pending;

    stopping_watch(&stopping);
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    for (sigset_t set = {0}; sigpending(&set) == 0 && sigismember(&set, SIGTERM);)
        (void)sched_yield(); /* until the thread has it */
    stopping_end(&stopping);
    assert_int_equal(sigpending(&pending), 0);
    assert_true(sigismember(&pending, SIGTERM));
    assert_int_equal(sig_read(stopping.signals), SIGTERM);
    assert_lives();
}

static void test_without_a_signal(void **state UNUSED)
{
    stopping_watch(&stopping);
    stopping_end(&stopping);
    stopping_end(&stopping);
    assert_int_equal(stopping.count, 0);
    assert_lives();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_first_cancels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_second_kills, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_third_ends_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_heard_while_it_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_late_signal_is_not_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_a_signal, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("stopping", tests, NULL, NULL);
}
