/* MAKEFLAGS as makes write it, and tokens that always go back. */
#include "system/jobserver.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"

static void parse(const char *text, struct jobserver_flags *ret)
{
    *ret = (struct jobserver_flags)JOBSERVER_FLAGS_INIT;
    jobserver_parse(text, ret);
}

static void test_nothing(void **state UNUSED)
{
    static const char *const texts[] = {NULL,
                                        "",
                                        "w",
                                        " -j1",
                                        "k -- V=1",
                                        "-j8",
                                        "--no-print-directory",
                                        "k -j4 -- X=--jobserver-auth=3,4",
                                        "w -- --jobserver-auth=3,4"};

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        auto_jobserver_flags struct jobserver_flags flags;
        parse(texts[i], &flags);
        assert_int_equal(flags.style, JOBSERVER_NONE);
        assert_false(flags.dry_run);
    }
}

static void test_pipe(void **state UNUSED)
{
    static const char *const texts[] = {
        " -j4 --jobserver-auth=3,4",         /* 4.3 */
        "k -j4 --jobserver-auth=3,4 -- V=1", /* with variables */
        "--jobserver-fds=3,4 -j",            /* 3.81 says no number */
        "-j4 --jobserver-auth=9,9 --jobserver-auth=3,4",
        "--jobserver-auth=fifo:/x --jobserver-auth=3,4",
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        auto_jobserver_flags struct jobserver_flags flags;
        parse(texts[i], &flags);
        assert_int_equal(flags.style, JOBSERVER_PIPE);
        assert_int_equal(flags.read_fd, 3);
        assert_int_equal(flags.write_fd, 4);
        assert_null(flags.path);
        assert_int_equal(flags.jobs, strstr(texts[i], "-j4") ? 4 : 0);
    }
}

static void test_fifo(void **state UNUSED)
{
    auto_jobserver_flags struct jobserver_flags flags;

    parse(" -j12 --jobserver-auth=fifo:/tmp/GMfifo77", &flags);
    assert_int_equal(flags.style, JOBSERVER_FIFO);
    assert_string_equal(flags.path, "/tmp/GMfifo77");
    assert_int_equal(flags.jobs, 12);
}

static void test_disabled_and_unknown(void **state UNUSED)
{
    static const struct {
        const char *text;
        enum jobserver_style style;
    } cases[] = {
        {" -j4 --jobserver-auth=3,4 --jobserver-auth=-2,-2", JOBSERVER_DISABLED},
        {"--jobserver-auth=-1,-1", JOBSERVER_DISABLED},
        {"--jobserver-auth=sem:77", JOBSERVER_UNKNOWN},
        {"--jobserver-auth=fifo:", JOBSERVER_UNKNOWN},
        {"--jobserver-auth=", JOBSERVER_UNKNOWN},
        {"--jobserver-auth=3", JOBSERVER_UNKNOWN},
        {"--jobserver-auth=3,", JOBSERVER_UNKNOWN},
        {"--jobserver-auth=3,4,5", JOBSERVER_UNKNOWN},
        {"--jobserver-auth=99999999999,4", JOBSERVER_UNKNOWN},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        auto_jobserver_flags struct jobserver_flags flags;
        parse(cases[i].text, &flags);
        assert_int_equal(flags.style, cases[i].style);
    }
}

static void test_dry_run(void **state UNUSED)
{
    static const char *const dry[] = {"n", "kn -j4 --jobserver-auth=3,4"};
    static const char *const wet[] = {"k", "-n", "--no-silent", "N=1", " -j2 --jobserver-auth=3,4"};
    struct jobserver_flags flags;

    for (size_t i = 0; i < ARRAY_SIZE(dry); i++) {
        parse(dry[i], &flags);
        assert_true(flags.dry_run);
        jobserver_flags_release(&flags);
    }
    for (size_t i = 0; i < ARRAY_SIZE(wet); i++) {
        parse(wet[i], &flags);
        assert_false(flags.dry_run);
        jobserver_flags_release(&flags);
    }
}

/* ------------------------------------------------------------------------------------ a server */

struct server {
    int fds[2];
};

static void serve(struct server *s, const char *tokens)
{
    assert_int_equal(pipe(s->fds), 0); /* inherited: without CLOEXEC, as make's */
    assert_int_equal(write(s->fds[1], tokens, strlen(tokens)), (ssize_t)strlen(tokens));
}

static int left_in(int fd)
{
    int count = -1;

    assert_int_equal(ioctl(fd, FIONREAD, &count), 0);
    return count;
}

static int join(int r, int w, struct jobserver *ret, struct err *err)
{
    struct jobserver_flags flags = {.style = JOBSERVER_PIPE, .read_fd = r, .write_fd = w};

    *ret = (struct jobserver)JOBSERVER_INIT;
    return jobserver_open(&flags, ret, err);
}

static void end(struct server *s, struct jobserver *client)
{
    jobserver_close(client);
    close_fd(&s->fds[0]);
    close_fd(&s->fds[1]);
}

static void test_same_bytes_go_back(void **state UNUSED)
{
    struct server s;
    struct jobserver client;
    struct job_slot a = {0}, b = {0}, c = {0};
    char got[3] = "";

    serve(&s, "xy");
    assert_int_equal(join(s.fds[0], s.fds[1], &client, NULL), 0);
    assert_true(jobserver_acquire(&client, &a));
    assert_true(jobserver_acquire(&client, &b));
    assert_false(jobserver_acquire(&client, &c));
    assert_int_equal(c.kind, JOB_SLOT_NONE);
    jobserver_release(&b);
    jobserver_release(&b); /* holds nothing any more */
    jobserver_release(&a);
    assert_int_equal(left_in(s.fds[0]), 2);
    assert_int_equal(read(s.fds[0], got, 2), 2);
    assert_string_equal(got, "yx");
    end(&s, &client);
}

static void test_shared_flags_stay(void **state UNUSED)
{
    struct server s;
    struct jobserver client;

    serve(&s, "x");
    assert_int_equal(join(s.fds[0], s.fds[1], &client, NULL), 0);
    assert_false(fcntl(s.fds[0], F_GETFL) & O_NONBLOCK);
    assert_false(fcntl(s.fds[1], F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(client.read_fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(client.read_fd, F_GETFD) & FD_CLOEXEC);
    end(&s, &client);
}

static void test_close_gives_back(void **state UNUSED)
{
    struct server s;
    struct jobserver client;
    struct job_slot slot;

    serve(&s, "xy");
    assert_int_equal(join(s.fds[0], s.fds[1], &client, NULL), 0);
    assert_true(jobserver_acquire(&client, &slot));
    jobserver_close(&client);
    assert_int_equal(left_in(s.fds[0]), 2);
    end(&s, &client);
}

static void assert_refused(int r, int w)
{
    struct jobserver client;
    auto_err struct err err = ERR_INIT;

    assert_int_equal(join(r, w, &client, &err), -ERR_ENVIRONMENT);
    assert_non_null(strstr(err.hint, "'+'"));
    assert_false(jobserver_is_open(&client));
}

/* Without "+" make 4.3 closes the descriptors; their numbers are soon something else's. */
static void test_not_a_jobserver(void **state UNUSED)
{
    struct server s, other;
    int file = open("/dev/null", O_RDWR);
    int cloexec[2];

    serve(&s, "x");
    serve(&other, "x");
    assert_int_equal(pipe2(cloexec, O_CLOEXEC), 0);
    assert_refused(250, 251);
    assert_refused(file, file);
    assert_refused(s.fds[1], s.fds[0]);
    assert_refused(s.fds[0], other.fds[1]);
    assert_refused(cloexec[0], cloexec[1]); /* ours, not inherited */
    assert_int_equal(left_in(s.fds[0]), 1);
    (void)close(file);
    close_fd(&cloexec[0]);
    close_fd(&cloexec[1]);
    end(&other, &(struct jobserver)JOBSERVER_INIT);
    end(&s, &(struct jobserver)JOBSERVER_INIT);
}

static void test_fifo_by_path(void **state UNUSED)
{
    char dir[] = "/tmp/test-jobserver-XXXXXX";
    assert_non_null(mkdtemp(dir));
    auto_free char *path = xasprintf("%s/fifo", dir);
    struct jobserver_flags flags = {.style = JOBSERVER_FIFO, .path = path};
    struct jobserver client = JOBSERVER_INIT;
    struct job_slot slot;

    assert_int_equal(jobserver_open(&flags, &client, NULL), -ERR_ENVIRONMENT); /* gone */
    assert_int_equal(mkfifo(path, 0600), 0);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(write(fd, "z", 1), 1);
    assert_int_equal(jobserver_open(&flags, &client, NULL), 0);
    assert_true(jobserver_acquire(&client, &slot));
    assert_int_equal(left_in(fd), 0);
    jobserver_release(&slot);
    assert_int_equal(left_in(fd), 1);
    jobserver_close(&client);
    (void)close(fd);
    (void)unlink(path);
    (void)rmdir(dir);
}

/* ------------------------------------------------------------------------- ways out of a process */

static void hold_and(struct server *s, void (*leave)(void))
{
    struct jobserver client;
    struct job_slot a, b;

    (void)signal(SIGSEGV, SIG_DFL); /* cmocka's would go on with the next test */
    (void)signal(SIGABRT, SIG_DFL);
    if (join(s->fds[0], s->fds[1], &client, NULL) < 0 || !jobserver_acquire(&client, &a) ||
        !jobserver_acquire(&client, &b))
        _exit(1);
    leave();
    _exit(2);
}

static void leave_by_exit(void)
{
    exit(0);
}

static void leave_by_abort(void)
{
    abort();
}

static void leave_by_fault(void)
{
    (void)raise(SIGSEGV);
}

static void assert_gives_back(void (*leave)(void), int signal)
{
    struct server s;
    int status;

    serve(&s, "xyz");
    pid_t pid = fork();
    if (pid == 0) {
        (void)alarm(20);
        hold_and(&s, leave);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (signal)
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == signal);
    assert_int_equal(left_in(s.fds[0]), 3);
    end(&s, &(struct jobserver)JOBSERVER_INIT);
}

static void test_exit_gives_back(void **state UNUSED)
{
    assert_gives_back(leave_by_exit, 0);
}

static void test_abort_gives_back(void **state UNUSED)
{
    assert_gives_back(leave_by_abort, SIGABRT);
}

static void test_fault_gives_back(void **state UNUSED)
{
    assert_gives_back(leave_by_fault, SIGSEGV);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_pipe),
        cmocka_unit_test(test_fifo),
        cmocka_unit_test(test_disabled_and_unknown),
        cmocka_unit_test(test_dry_run),
        cmocka_unit_test(test_same_bytes_go_back),
        cmocka_unit_test(test_shared_flags_stay),
        cmocka_unit_test(test_close_gives_back),
        cmocka_unit_test(test_not_a_jobserver),
        cmocka_unit_test(test_fifo_by_path),
        cmocka_unit_test(test_exit_gives_back),
        cmocka_unit_test(test_abort_gives_back),
        cmocka_unit_test(test_fault_gives_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
