/* Starting programs: descriptors, signals, and an exec that fails. */
#include "system/spawn.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../tools/deny_ns.h"
#include "base/io.h"
#include "base/str.h"
#include "system/sig.h"

/* Runs a program with `out` as its descriptor `fd` and gives back what came there. */
static void run_program(char *const *argv, int fd, struct str *ret)
{
    int pipes[2], status;
    pid_t pid;

    assert_int_equal(make_pipe(pipes, NULL), 0);
    struct spawn_fd fds[] = {{pipes[1], fd}};
    struct spawn_spec spec = {.path = argv[0], .argv = argv, .fds = fds, .fd_count = 1};
    assert_int_equal(spawn_program(&spec, &pid, NULL), 0);
    close_fd(&pipes[1]);
    assert_int_equal(read_all(pipes[0], 1 << 16, ret, NULL), 0);
    close_fd(&pipes[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void run(const char *line, struct str *ret)
{
    char *argv[] = {(char *)"/bin/sh", (char *)"-c", (char *)(uintptr_t)line, NULL};

    run_program(argv, 5, ret);
}

static void check_only_these_descriptors(void)
{
    auto_str struct str out = STR_INIT;
    static const int strays[] = {4, 7, 77, 1000}; /* not CLOEXEC: of whoever started us */

    for (size_t i = 0; i < ARRAY_SIZE(strays); i++)
        assert_int_equal(dup2(1, strays[i]), strays[i]);
    run("exec ls /proc/self/fd >&5", &out);
    for (size_t i = 0; i < ARRAY_SIZE(strays); i++)
        (void)close(strays[i]);
    assert_string_equal(out.buf, "0\n1\n2\n3\n5\n"); /* 3: the directory itself */
}

static void test_only_these_descriptors(void **state UNUSED)
{
    auto_str struct str out = STR_INIT;

    check_only_these_descriptors();
    run("readlink /proc/self/fd/0 >&5", &out);
    assert_string_equal(out.buf, "/dev/null\n");
}

static void test_descriptors_can_swap(void **state UNUSED)
{
    int a[2], b[2], status;
    pid_t pid;
    char *argv[] = {(char *)"sh", (char *)"-c", (char *)"echo a >&4; echo b >&3", NULL};
    auto_str struct str out = STR_INIT;

    assert_int_equal(make_pipe(a, NULL), 0);
    assert_int_equal(make_pipe(b, NULL), 0);
    assert_int_equal(dup2(a[1], 103), 103);
    struct spawn_fd fds[] = {{a[1], 4}, {b[1], 3}};
    struct spawn_spec spec = {.path = "/bin/sh", .argv = argv, .fds = fds, .fd_count = 2};
    assert_int_equal(spawn_program(&spec, &pid, NULL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    (void)close(103);
    close_fd(&a[1]);
    close_fd(&b[1]);
    assert_int_equal(read_all(a[0], 100, &out, NULL), 0);
    assert_int_equal(read_all(b[0], 100, &out, NULL), 0);
    assert_string_equal(out.buf, "a\nb\n");
    close_fd(&a[0]);
    close_fd(&b[0]);
}

static void test_exec_fails(void **state UNUSED)
{
    char *argv[] = {(char *)"missing", NULL};
    struct spawn_spec spec = {.path = "/nonexistent/missing", .argv = argv};
    auto_err struct err err = ERR_INIT;
    pid_t pid = 0;

    assert_int_equal(spawn_program(&spec, &pid, &err), -ENOENT);
    assert_non_null(strstr(err.message, "/nonexistent/missing"));
    assert_int_equal(pid, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing to reap */
}

/* The pipe for this very message needs a descriptor too. */
static void test_too_few_descriptors(void **state UNUSED)
{
    char *argv[] = {(char *)"true", NULL};
    struct spawn_fd fds[] = {{STDERR_FILENO, 5}};
    struct spawn_spec spec = {.path = "/bin/true", .argv = argv, .fds = fds, .fd_count = 1};
    struct rlimit old, few;
    pid_t pid = 0;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    for (rlim_t limit = 64; limit <= 65; limit++) {
        auto_err struct err err = ERR_INIT;
        few = (struct rlimit){.rlim_cur = limit, .rlim_max = old.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        int ret = spawn_program(&spec, &pid, &err);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
        assert_int_equal(ret, -EMFILE);
        assert_non_null(strstr(err.message, "/bin/true"));
    }
    assert_int_equal(pid, 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing to reap */
}

/* Whether @number is in the mask that /proc/PID/status shows behind @field. */
static bool in_mask(const char *status, const char *field, int number)
{
    const char *line = strstr(status, field);

    assert_non_null(line);
    return strtoull(line + strlen(field), NULL, 16) >> (number - 1) & 1;
}

/* A mask with everything blocked would make a compiler deaf to Ctrl-C. */
static void test_original_signals(void **state UNUSED)
{
    /* No shell between: it would clear the mask itself. */
    char *argv[] = {(char *)"/bin/grep", (char *)"^Sig", (char *)"/proc/self/status", NULL};
    auto_str struct str out = STR_INIT;

    assert_int_equal(sig_block_all(NULL), 0);
    (void)signal(SIGCHLD, SIG_IGN);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGUSR1, SIG_IGN);
    (void)signal(SIGCHLD, SIG_DFL);
    run_program(argv, 1, &out);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)signal(SIGUSR1, SIG_DFL);
    assert_int_equal(sig_restore_mask(NULL), 0);
    assert_non_null(strstr(out.buf, "SigBlk:\t0000000000000000"));
    /* Of the others the test's own parent decides: some start with real-time signals ignored. */
    assert_true(in_mask(out.buf, "SigIgn:", SIGUSR1));
    assert_false(in_mask(out.buf, "SigIgn:", SIGPIPE));
    assert_false(in_mask(out.buf, "SigIgn:", SIGCHLD));
}

static void test_own_session(void **state UNUSED)
{
    auto_str struct str out = STR_INIT;

    run("read pid comm state ppid pgrp session rest < /proc/$$/stat; echo $((pid == session)) >&5",
        &out);
    assert_string_equal(out.buf, "1\n");
}

/* The last test: what is denied stays denied. */
static void test_only_these_without_close_range(void **state UNUSED)
{
    assert_int_equal(deny_close_range(), 0);
    check_only_these_descriptors();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_these_descriptors),
        cmocka_unit_test(test_descriptors_can_swap),
        cmocka_unit_test(test_exec_fails),
        cmocka_unit_test(test_too_few_descriptors),
        cmocka_unit_test(test_original_signals),
        cmocka_unit_test(test_own_session),
        cmocka_unit_test(test_only_these_without_close_range),
    };
    return cmocka_run_group_tests_name("spawn", tests, NULL, NULL);
}
