/* Running a program for its output: status, limits, and who is killed when it is given up. */
#include "system/capture.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/num.h"
#include "system/tree.h"

#define SCRIPT(text)                                                                               \
    {                                                                                              \
        (char *)"/bin/sh", (char *)"-c", (char *)(uintptr_t)(text), NULL                           \
    }

static const struct capture_limits plenty = {.max_bytes = 1 << 16, .stop_fd = -1};

/* Like capture_run() for a line of shell. */
static int run(const char *line, const struct capture_limits *limits, struct str *out,
               int *ret_status, struct err *err)
{
    char *argv[] = SCRIPT(line);
    struct spawn_spec spec = {.path = argv[0], .argv = argv};

    return capture_run(&spec, limits, out, ret_status, err);
}

static void assert_no_children(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void test_output_and_status(void **state UNUSED)
{
    auto_str struct str out = STR_INIT;
    int status = -1;

    str_add(&out, "before ");
    assert_int_equal(run("echo one; echo two; echo three >&2", &plenty, &out, &status, NULL), 0);
    assert_string_equal(out.buf, "before one\ntwo\n");
    assert_int_equal(status, 0);
    assert_int_equal(run("exit 3", &plenty, &out, &status, NULL), 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 3);
    assert_int_equal(run("kill -TERM $$", &plenty, &out, &status, NULL), 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    assert_no_children();
}

static void test_environment(void **state UNUSED)
{
    char *argv[] = SCRIPT("echo $NAME");
    char *envp[] = {(char *)"NAME=value", NULL};
    struct spawn_spec spec = {.path = argv[0], .argv = argv, .envp = envp};
    auto_str struct str out = STR_INIT;
    int status;

    assert_int_equal(capture_run(&spec, &plenty, &out, &status, NULL), 0);
    assert_string_equal(out.buf, "value\n");
}

static void test_missing_program(void **state UNUSED)
{
    char *argv[] = {(char *)"missing", NULL};
    struct spawn_spec spec = {.path = "/nonexistent/missing", .argv = argv};
    auto_str struct str out = STR_INIT;
    auto_err struct err err = ERR_INIT;
    int status;

    assert_int_equal(capture_run(&spec, &plenty, &out, &status, &err), -ENOENT);
    assert_non_null(strstr(err.message, "/nonexistent/missing"));
    assert_no_children();
}

/*
 * The scripts below end in an exec: a shell that waits for its children could reap one of them in the
 * moment before it is killed itself.
 */

/* Waits until the process whose number is the first word of the output has died of SIGKILL. */
static void assert_killed(const struct str *out)
{
    auto_free char *number = xstrndup(out->buf, strcspn(out->buf, "\n"));
    int pid = 0, status = 0;

    assert_true(parse_int(number, 1, INT32_MAX, &pid));
    assert_int_equal(waitpid(pid, &status, 0), pid); /* this test is a subreaper */
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* More output than allowed: the program and what it has started are killed. */
static void test_too_much_output(void **state UNUSED)
{
    struct capture_limits few = {.max_bytes = 100, .stop_fd = -1};
    auto_str struct str out = STR_INIT;
    auto_err struct err err = ERR_INIT;
    int status;

    assert_int_equal(run("sleep 1000 & echo $!; exec yes", &few, &out, &status, &err), -EFBIG);
    assert_killed(&out);
    assert_no_children();
}

/* The caller stops before the program has said anything. */
static void test_stop(void **state UNUSED)
{
    int fds[2];
    auto_str struct str out = STR_INIT;
    int status;

    assert_int_equal(make_pipe(fds, NULL), 0);
    assert_int_equal(write_full(fds[1], "s", 1), 0);
    struct capture_limits limits = {.max_bytes = 100, .stop_fd = fds[0]};
    assert_int_equal(run("exec sleep 1000", &limits, &out, &status, NULL), -ERR_CANCELLED);
    assert_no_children();
    close_fd(&fds[0]);
    close_fd(&fds[1]);
}

/*
 * A program that closes its output and goes on. It asks for the stop itself, once this process has
 * read everything and waits for its end (on a pidfd).
 */
static void test_stop_after_output(void **state UNUSED)
{
    int fds[2];
    auto_str struct str out = STR_INIT;
    int status;

    assert_int_equal(make_pipe(fds, NULL), 0);
    auto_free char *ours = xasprintf("/proc/%d/fd", getpid());
    auto_free char *line = xasprintf("exec sleep 1000 >%s/%d & echo $!; exec >&-; "
                                     "until ls -l %s | grep -q pidfd; do :; done; "
                                     "echo stop >%s/%d; exec sleep 1000",
                                     ours, fds[1], ours, ours, fds[1]);
    struct capture_limits limits = {.max_bytes = 100, .stop_fd = fds[0]};
    assert_int_equal(run(line, &limits, &out, &status, NULL), -ERR_CANCELLED);
    assert_killed(&out);
    assert_no_children();
    close_fd(&fds[0]);
    close_fd(&fds[1]);
}

static void test_abandon(void **state UNUSED)
{
    char *argv[] = SCRIPT("exec sleep 1000");
    struct spawn_spec spec = {.path = argv[0], .argv = argv};
    struct capture capture = CAPTURE_INIT;

    capture_abandon(&capture); /* never started */
    assert_int_equal(capture_start(&spec, &capture, NULL), 0);
    capture_abandon(&capture);
    assert_int_equal(capture.output, -1);
    assert_no_children();
    capture_abandon(&capture);
}

/* In the caller's group when asked: whoever kills that group kills the program too. */
static void test_same_session(void **state UNUSED)
{
    char *argv[] = SCRIPT("read pid comm state ppid pgrp session rest < /proc/$$/stat; "
                          "echo $pgrp $session");
    struct spawn_spec spec = {.path = argv[0], .argv = argv, .same_session = true};
    auto_free char *ours = xasprintf("%d %d\n", getpgrp(), getsid(0));
    auto_str struct str out = STR_INIT;
    int status;

    assert_int_equal(capture_run(&spec, &plenty, &out, &status, NULL), 0);
    assert_string_equal(out.buf, ours);
    spec.same_session = false;
    str_reset(&out);
    assert_int_equal(capture_run(&spec, &plenty, &out, &status, NULL), 0);
    assert_string_not_equal(out.buf, ours);
}

/* Giving it up must then spare the group, which is the caller's. */
static void test_abandon_in_same_session(void **state UNUSED)
{
    char *argv[] = SCRIPT("exec sleep 1000");
    struct spawn_spec spec = {.path = argv[0], .argv = argv, .same_session = true};
    struct capture capture = CAPTURE_INIT;

    assert_int_equal(capture_start(&spec, &capture, NULL), 0);
    capture_abandon(&capture);
    assert_no_children();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_and_status),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_missing_program),
        cmocka_unit_test(test_too_much_output),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_stop_after_output),
        cmocka_unit_test(test_abandon),
        cmocka_unit_test(test_same_session),
        cmocka_unit_test(test_abandon_in_same_session),
    };

    if (tree_become_subreaper(NULL) < 0)
        return 77;
    return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
