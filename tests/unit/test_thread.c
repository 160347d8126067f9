/* Starting a thread: its signal mask, the caller's, and a start that fails. */
#include "system/thread.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define SANITIZED false
#endif

static const int some[] = {SIGINT, SIGTERM, SIGCHLD, SIGUSR1};

static void *read_mask(void *arg)
{
    (void)pthread_sigmask(SIG_SETMASK, NULL, arg);
    return arg;
}

static void test_signals_are_blocked(void **state UNUSED)
{
    sigset_t before, inside, after;
    pthread_t thread;
    void *result = NULL;

    (void)sigemptyset(&before);
    (void)sigaddset(&before, SIGUSR2);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    assert_int_equal(thread_start(&thread, read_mask, &inside, NULL), 0);
    (void)pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, &inside);
    for (size_t i = 0; i < ARRAY_SIZE(some); i++) {
        assert_true(sigismember(&inside, some[i]));
        assert_false(sigismember(&after, some[i]));
    }
    assert_true(sigismember(&after, SIGUSR2));
}

/* In a process of its own, which has no room left for a thread's stack. */
static int fail_to_start(void)
{
    struct rlimit none = {.rlim_cur = 1 << 20, .rlim_max = 1 << 20};
    auto_err struct err err = ERR_INIT;
    sigset_t after, inside;
    pthread_t thread;

    if (setrlimit(RLIMIT_AS, &none) < 0)
        return 1;
    if (thread_start(&thread, read_mask, &inside, &err) != -EAGAIN || err.code != -EAGAIN)
        return 2;
    (void)pthread_sigmask(SIG_SETMASK, NULL, &after);
    return sigismember(&after, SIGINT) ? 3 : 0;
}

static void test_failure_is_returned(void **state UNUSED)
{
    if (SANITIZED)
        skip(); /* a sanitizer cannot live within the limit */
    int status = -1;
    pid_t pid = fork();

    if (pid == 0)
        _exit(fail_to_start());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failure_is_returned),
        cmocka_unit_test(test_signals_are_blocked),
    };
    return cmocka_run_group_tests_name("thread", tests, NULL, NULL);
}
