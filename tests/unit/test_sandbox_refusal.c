/*
 * Why there is no sandbox: a machine that forbids namespaces, one that is short of something, and a
 * neighbour who uses them up.
 */
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>

#include <cmocka.h>

#include "../tools/deny_ns.h"
#include "sandbox/probe.h"
#include "scratch.h"

static const char root[] = "/tmp/truewheel";

/* What one child finds out, told by its exit status. */
enum answer { ANSWER_WORKS, ANSWER_FORBIDDEN, ANSWER_SHORTAGE, ANSWER_FAULT, ANSWER_NONE };

static enum answer probe_at(const char *where)
{
    struct sandbox_caps caps = {0};

    if (sandbox_probe(where, -1, &caps, NULL) < 0)
        return ANSWER_NONE;
    if (!caps.namespaces)
        (void)fprintf(stderr, "%s (%s)\n", caps.reason, caps.hint ? caps.hint : "no hint");
    enum answer answer = caps.namespaces                                   ? ANSWER_WORKS
                         : caps.refusal == SANDBOX_FORBIDDEN               ? ANSWER_FORBIDDEN
                         : caps.refusal != SANDBOX_SHORTAGE                ? ANSWER_FAULT
                         : caps.hint && strstr(caps.hint, "--mode locked") ? ANSWER_SHORTAGE
                                                                           : ANSWER_NONE;
    sandbox_caps_release(&caps);
    return answer;
}

static enum answer probe(void)
{
    return probe_at(root);
}

/* Whoever runs the tests: the step runs as somebody without privileges. */
static int as_stranger(int (*step)(void *arg), void *arg)
{
    if (geteuid() == 0)
        return scratch_as_user(SCRATCH_STRANGER, step, arg);
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(step(arg));
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A machine of our own, in which limits can be set: a user namespace that has one user. */
static int make_machine(const char *limit, const char *count)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    auto_free char *uids = xasprintf("0 %u 1", uid);
    auto_free char *gids = xasprintf("0 %u 1", gid);

    if (unshare(CLONE_NEWUSER) < 0 || write_file("/proc/self/setgroups", "deny", 4, 0, NULL) < 0 ||
        write_file("/proc/self/uid_map", uids, strlen(uids), 0, NULL) < 0 ||
        write_file("/proc/self/gid_map", gids, strlen(gids), 0, NULL) < 0)
        return -1;
    return limit ? write_file(limit, count, strlen(count), 0, NULL) : 0;
}

static int step_plain(void *arg UNUSED)
{
    return (int)probe();
}

static int step_limit(void *arg)
{
    const char *const *limit = arg;

    return make_machine(limit[0], limit[1]) < 0 ? ANSWER_NONE : (int)probe();
}

#define LIMIT(kind) "/proc/sys/user/max_" kind "_namespaces"

static void test_switched_off(void **state UNUSED)
{
    static const char *const limits[][2] = {
        {LIMIT("user"), "0"}, {LIMIT("pid"), "0"}, {LIMIT("mnt"), "0"},
        {LIMIT("net"), "0"},  {LIMIT("ipc"), "0"}, {LIMIT("uts"), "0"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(limits); i++)
        assert_int_equal(as_stranger(step_limit, (void *)limits[i]), ANSWER_FORBIDDEN);
}

static void test_enough(void **state UNUSED)
{
    static const char *const limit[] = {LIMIT("user"), "2"};

    assert_int_equal(as_stranger(step_limit, (void *)limit), ANSWER_WORKS);
}

static int step_denied(void *arg UNUSED)
{
    return deny_namespaces() < 0 ? ANSWER_NONE : (int)probe();
}

static void test_denied_by_a_filter(void **state UNUSED)
{
    assert_int_equal(as_stranger(step_denied, NULL), ANSWER_FORBIDDEN);
}

/* In a process of its own, which says its pid and then stays: for alarm_ms, or, with 0, for ever. */
static _Noreturn void hold_namespace(int ready, int alarm_ms)
{
    struct itimerval timer = {.it_value = {.tv_usec = alarm_ms * 1000L}};

    pid_t self = getpid();

    if (unshare(CLONE_NEWUSER) < 0)
        _exit(1);
    (void)setitimer(ITIMER_REAL, &timer, NULL);
    (void)!write(ready, &self, sizeof(self));
    for (;;)
        pause();
}

struct neighbour {
    pid_t pid;
    pid_t parent; /* reaps it: only then its namespace is free */
};

/* Somebody who has the last namespace. */
static int start_neighbour(int alarm_ms, struct neighbour *ret)
{
    int ready[2];

    if (make_pipe(ready, NULL) < 0)
        return -1;
    ret->parent = fork();
    if (ret->parent == 0) {
        if (fork() == 0)
            hold_namespace(ready[1], alarm_ms);
        close_fd(&ready[1]);
        (void)wait(NULL);
        _exit(0);
    }
    close_fd(&ready[1]);
    bool said = read_full(ready[0], &ret->pid, sizeof(ret->pid)) == sizeof(ret->pid);
    close_fd(&ready[0]);
    return said ? 0 : -1;
}

static int step_used_up(void *arg)
{
    struct neighbour neighbour;

    if (make_machine(LIMIT("user"), "1") < 0 || start_neighbour(*(int *)arg, &neighbour) < 0)
        return ANSWER_NONE;
    enum answer answer = probe();
    if (*(int *)arg == 0)
        (void)kill(neighbour.pid, SIGKILL);
    (void)waitpid(neighbour.parent, NULL, 0);
    return (int)answer;
}

static void test_used_up_by_a_neighbour(void **state UNUSED)
{
    int stays = 0, goes_ms = 100;

    assert_int_equal(as_stranger(step_used_up, &stays), ANSWER_SHORTAGE);
    assert_int_equal(as_stranger(step_used_up, &goes_ms), ANSWER_WORKS);
}

/* Root has no such limit. */
static int step_processes(void *arg)
{
    struct rlimit limit = {*(rlim_t *)arg, *(rlim_t *)arg};

    return setrlimit(RLIMIT_NPROC, &limit) < 0 ? ANSWER_NONE : (int)probe();
}

static void test_no_more_processes(void **state UNUSED)
{
    if (geteuid() != 0)
        skip(); /* a user with other processes */
    for (rlim_t limit = 1; limit <= 2; limit++)
        assert_int_equal(as_stranger(step_processes, &limit), ANSWER_SHORTAGE);
}

static int step_link(void *arg UNUSED)
{
    return (int)probe_at("/bin/truewheel");
}

static int step_read_only(void *arg UNUSED)
{
    return (int)probe_at("/usr/truewheel");
}

/* What the user named does not work: no reason to build without a sandbox there. */
static void test_build_root_that_cannot_be(void **state UNUSED)
{
    struct stat st;

    assert_int_equal(as_stranger(step_read_only, NULL), ANSWER_FAULT);
    if (lstat("/bin", &st) == 0 && S_ISLNK(st.st_mode))
        assert_int_equal(as_stranger(step_link, NULL), ANSWER_FAULT);
}

static void test_words_of_the_kernel(void **state UNUSED)
{
    static const struct {
        int errno_value;
        enum sandbox_refusal refusal;
    } words[] = {
        {EPERM, SANDBOX_FORBIDDEN},
        {EACCES, SANDBOX_FORBIDDEN},
        {ENOSYS, SANDBOX_FORBIDDEN},
        {EINVAL, SANDBOX_FORBIDDEN},
        {EAGAIN, SANDBOX_SHORTAGE},
        {ENOMEM, SANDBOX_SHORTAGE},
        {ETIMEDOUT, SANDBOX_SHORTAGE},
        {EMFILE, SANDBOX_SHORTAGE},
        {ENFILE, SANDBOX_SHORTAGE},
        {ENOSPC, SANDBOX_SHORTAGE},
        {EROFS, SANDBOX_FAULT},
        {ENOENT, SANDBOX_FAULT},
        {0, SANDBOX_FAULT},
    };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        assert_int_equal(sandbox_refusal_of(words[i].errno_value), words[i].refusal);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_switched_off),
        cmocka_unit_test(test_enough),
        cmocka_unit_test(test_denied_by_a_filter),
        cmocka_unit_test(test_used_up_by_a_neighbour),
        cmocka_unit_test(test_no_more_processes),
        cmocka_unit_test(test_build_root_that_cannot_be),
        cmocka_unit_test(test_words_of_the_kernel),
    };

    if (as_stranger(step_plain, NULL) != ANSWER_WORKS) {
        (void)printf("skip: no namespaces here for users without privileges\n");
        return 77;
    }
    return cmocka_run_group_tests_name("sandbox, refusals", tests, NULL, NULL);
}
