/* jobs/job.h: one job from start to end, with an engine that the test plays. */
#include "jobs/job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"

static struct cancel cancel;
static int handled; /* frames that reached the job's handler */

static int count_frame(void *arg UNUSED, struct job *job UNUSED, struct frame *frame UNUSED,
                       bool trusted UNUSED, struct err *err UNUSED)
{
    handled++;
    return 0;
}

/* Takes one request and sends `text` on the job's channel, all in a process of its own. */
static pid_t start_engine(const int socks[2], const char *text)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    struct frame_reader reader;
    struct frame request = FRAME_INIT;
    (void)close(socks[0]);
    frame_reader_init(&reader, socks[1], 0, 2);
    if (frame_wait(&reader, DEADLINE_NEVER, &request, NULL) != FRAME_READY)
        _exit(1);
    json_t *msg = json_loads(text, 0, NULL);
    _exit(msg && frame_send_new(request.fds[0], msg, NULL, 0, NULL) == 0 ? 0 : 1);
}

static int run_job(const char *text, struct err *err)
{
    struct engine engine = {.lock = PTHREAD_MUTEX_INITIALIZER};
    json_t *request = json_object();
    struct job_spec spec = {
        .engine = &engine, .request = request, .cancel = &cancel, .on_frame = count_frame};
    int socks[2], status;

    handled = 0;
    assert_int_equal(frame_socketpair(socks, NULL), 0);
    pid_t pid = start_engine(socks, text);
    assert_true(pid > 0);
    (void)close(socks[1]);
    engine.control = socks[0];
    int ret = job_run(&spec, err);
    (void)close(socks[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    json_decref(request);
    return ret;
}

static int set_up(void **state UNUSED)
{
    return cancel_init(&cancel, NULL);
}

static int tear_down(void **state UNUSED)
{
    cancel_release(&cancel);
    return 0;
}

static void test_frames_reach_the_handler(void **state UNUSED)
{
    assert_int_equal(run_job("{\"t\": \"phase\"}", NULL), 0);
    assert_int_equal(handled, 1);
}

static void test_frame_without_a_type(void **state UNUSED)
{
    static const char *const frames[] = {"{}", "{\"t\": \"\"}", "{\"t\": 1}"};

    for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
        auto_err struct err err = ERR_INIT;
        assert_int_equal(run_job(frames[i], &err), -ERR_PROTOCOL);
        assert_string_equal(err.message, "a frame without a type");
        assert_int_equal(handled, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_frames_reach_the_handler, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_frame_without_a_type, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("supervise", tests, NULL, NULL);
}
