/*
 * The filter for system calls, each of them: refused with it, and not without. For every user the
 * filter is the same, but only root can tell that it is the filter that refuses what needs privileges.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include <cmocka.h>

#include "refused_calls.h"
#include "sandbox/calls.h"
#include "scratch.h"

static int forget(void **state UNUSED)
{
    return unsetenv("TRUEWHEEL_TEST_GUARDS_OFF");
}

struct judged {
    int (*attempt)(const void *what);
    const void *what;
};

static int attempt_behind_filter(const void *arg)
{
    const struct judged *judged = arg;

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || sandbox_refuse_calls(NULL) < 0)
        return -1;
    return judged->attempt(judged->what);
}

/* The errno of an attempt in a process with the filter, or, `guarded` false, without it. */
static int judge(int (*attempt)(const void *what), const void *what, bool guarded)
{
    struct judged judged = {attempt, what};

    assert_int_equal(setenv("TRUEWHEEL_TEST_GUARDS_OFF", guarded ? "" : "calls", 1), 0);
    return try_in_child(attempt_behind_filter, &judged);
}

static void test_calls(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
        int found = judge(make_call, &attempts[i], true);
        if (found != attempts[i].refusal)
            fail_msg("%s: errno %d", attempts[i].name, found);
    }
}

/* Root with all capabilities: the root of a container is like a user here. */
static bool is_capable(void)
{
    static const struct attempt attempt =
        CALL(sethostname, EPERM, OTHER, SAME, {0, -1}); /* EINVAL for who may */

    return judge(make_call, &attempt, false) != EPERM;
}

/* What shows that it was the filter. */
static void test_calls_without_filter(void **state UNUSED)
{
    bool capable = is_capable();

    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != 0)
        skip(); /* a container's filter refuses some of them, too */
    for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
        const struct attempt *a = &attempts[i];
        enum without expected = capable ? a->as_root : a->as_user;
        int found = judge(make_call, a, false);
        if (expected == WITHOUT_OTHER && found == a->refusal && found != ENOSYS)
            fail_msg("%s: errno %d without the filter as well", a->name, found);
        if (expected == WITHOUT_OTHER && found == a->refusal)
            (void)printf("this kernel does not have %s\n", a->name);
    }
}

static void test_families(void **state UNUSED)
{
    static const struct family usual[] = {{"unix", AF_UNIX, SOCK_STREAM},
                                          {"inet", AF_INET, SOCK_DGRAM},
                                          {"netlink", AF_NETLINK, SOCK_RAW}};

    for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
        assert_int_equal(judge(make_socket, &usual[i], true), 0);
    assert_int_equal(judge(make_socket_pair, &usual[0], true), 0);
    for (size_t i = 0; i < ARRAY_SIZE(odd_families); i++) {
        assert_int_equal(judge(make_socket, &odd_families[i], true), EAFNOSUPPORT);
        assert_int_equal(judge(make_socket_pair, &odd_families[i], true), EAFNOSUPPORT);
    }
    for (int family = AF_NETLINK + 1; family < 256; family++) {
        struct family any = {"", family, SOCK_STREAM};
        assert_int_equal(judge(make_socket, &any, true), EAFNOSUPPORT);
    }
}

/* One that this kernel has, to show that it was not the kernel who refused. */
static void test_families_without_filter(void **state UNUSED)
{
    size_t made = 0;

    for (size_t i = 0; i < ARRAY_SIZE(odd_families); i++) {
        bool is_made = judge(make_socket, &odd_families[i], false) == 0;
        made += is_made;
        if (is_made)
            (void)printf("without the filter there is %s\n", odd_families[i].name);
    }
    if (!made)
        skip(); /* a small kernel, and no root */
}

static void test_32_bit_calls(void **state UNUSED)
{
    static const struct family usual = {"inet", AF_INET, SOCK_DGRAM};
    static const struct family odd = {"AF_PACKET", 17, SOCK_RAW};

    if (judge(make_socket_by_int80, &usual, false) != 0)
        skip(); /* not this processor, or a kernel without them */
    assert_int_equal(judge(make_socket_by_int80, &usual, true), 0);
    assert_int_equal(judge(make_socket_by_int80, &odd, true), EAFNOSUPPORT);
    assert_int_equal(judge(make_socket_by_socketcall, &odd, true), EAFNOSUPPORT);
    assert_int_equal(judge(make_socket_by_socketcall, &usual, false), 0);
    if (judge(make_socket, &odd, false) == 0)
        assert_int_equal(judge(make_socket_by_socketcall, &odd, false), 0);
}

/* What builds do all day. */
static int make_processes(const void *what UNUSED)
{
    int status, fds[2];

    if (pipe2(fds, O_CLOEXEC) < 0 || unshare(CLONE_FS | CLONE_FILES) < 0)
        return errno;
    pid_t pid = fork();
    if (pid == 0) {
        (void)execl("/bin/sh", "sh", "-c", "(exit 7) & wait $!", (char *)NULL);
        _exit(1);
    }
    return waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7 ? 0 : -1;
}

static void test_ordinary_calls(void **state UNUSED)
{
    assert_int_equal(judge(make_processes, NULL, true), 0);
}

static int run_all(const char *who)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_calls, forget),
        cmocka_unit_test_teardown(test_calls_without_filter, forget),
        cmocka_unit_test_teardown(test_families, forget),
        cmocka_unit_test_teardown(test_families_without_filter, forget),
        cmocka_unit_test_teardown(test_32_bit_calls, forget),
        cmocka_unit_test_teardown(test_ordinary_calls, forget),
    };
    return cmocka_run_group_tests_name(who, tests, NULL, NULL);
}

static int run_as_stranger(void *arg UNUSED)
{
    return run_all("system calls, unprivileged");
}

int main(void)
{
    if (!sandbox_can_refuse_calls()) {
        (void)printf("skip: no filters for system calls here\n");
        return 77;
    }
    int failed = run_all("system calls");
    if (geteuid() == 0)
        failed |= scratch_as_user(SCRATCH_STRANGER, run_as_stranger, NULL);
    return failed != 0;
}
