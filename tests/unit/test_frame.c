/* The framing of the engine protocol, with honest and with hostile peers. */
#include "system/frame.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/io.h"

struct pair {
    int socks[2];
    struct frame_reader reader; /* of socks[1] */
};

static void pair_open(struct pair *p, size_t max_bytes, size_t max_fds)
{
    assert_int_equal(frame_socketpair(p->socks, NULL), 0);
    frame_reader_init(&p->reader, p->socks[1], max_bytes, max_fds);
}

static void pair_close(struct pair *p)
{
    frame_reader_release(&p->reader);
    close_fd(&p->socks[0]);
    close_fd(&p->socks[1]);
}

static size_t open_fds(void)
{
    size_t count = 0;

    for (int fd = 0; fd < 256; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void test_round_trip(void **state UNUSED)
{
    struct pair p;
    auto_frame struct frame frame = FRAME_INIT;

    pair_open(&p, 0, 0);
    assert_int_equal(frame_poll(&p.reader, &frame, NULL), FRAME_AGAIN);
    assert_int_equal(frame_send_new(p.socks[0], json_pack("{s:s}", "t", "one"), NULL, 0, NULL), 0);
    assert_int_equal(frame_send_new(p.socks[0], json_pack("{s:s}", "t", "two"), NULL, 0, NULL), 0);
    assert_int_equal(frame_poll(&p.reader, &frame, NULL), FRAME_READY);
    assert_string_equal(json_string_value(json_object_get(frame.msg, "t")), "one");
    frame_release(&frame);
    assert_int_equal(frame_wait(&p.reader, DEADLINE_NEVER, &frame, NULL), FRAME_READY);
    assert_string_equal(json_string_value(json_object_get(frame.msg, "t")), "two");
    close_fd(&p.socks[0]);
    frame_release(&frame);
    assert_int_equal(frame_poll(&p.reader, &frame, NULL), FRAME_EOF);
    pair_close(&p);
}

static void test_deadline(void **state UNUSED)
{
    struct pair p;
    struct frame frame = FRAME_INIT;

    pair_open(&p, 0, 0);
    assert_int_equal(frame_wait(&p.reader, clock_ms() + 5, &frame, NULL), FRAME_AGAIN);
    pair_close(&p);
}

/* A descriptor that is readable, as a signal's is, ends the wait; what has come is not lost by it. */
static void test_stop(void **state UNUSED)
{
    struct pair p;
    struct frame frame = FRAME_INIT;
    int stop[2];

    pair_open(&p, 0, 0);
    assert_int_equal(make_pipe(stop, NULL), 0);
    assert_int_equal(frame_wait_until(&p.reader, clock_ms() + 5, stop[0], &frame, NULL),
                     FRAME_AGAIN);
    assert_int_equal(write_full(stop[1], "x", 1), 0);
    assert_int_equal(frame_wait_until(&p.reader, DEADLINE_NEVER, stop[0], &frame, NULL),
                     -ERR_CANCELLED);
    close_fd(&stop[0]);
    close_fd(&stop[1]);
    pair_close(&p);
}

/* A peer that reads nothing, being stopped, does not hold the sender for ever. */
static void test_stop_while_there_is_no_room(void **state UNUSED)
{
    struct pair p;
    auto_err struct err err = ERR_INIT;
    json_t *msg = json_pack("{s:s}", "t", "request");
    int stop[2];

    pair_open(&p, 0, 0);
    assert_int_equal(make_pipe(stop, NULL), 0);
    assert_int_equal(write_full(stop[1], "x", 1), 0);
    int ret = 0;
    while (ret == 0) /* as long as there is room it is sent */
        ret = frame_send_until(p.socks[0], msg, NULL, 0, stop[0], &err);
    assert_int_equal(ret, -ERR_CANCELLED);
    json_decref(msg);
    close_fd(&stop[0]);
    close_fd(&stop[1]);
    pair_close(&p);
}

/* Each frame gets its own descriptors, although all bytes lie in the socket together. */
static void test_descriptors_stay_with_their_frame(void **state UNUSED)
{
    struct pair p;
    int pipes[2];
    struct stat sent, got;
    auto_frame struct frame frame = FRAME_INIT;
    json_t *msg = json_object();

    pair_open(&p, 0, 2);
    assert_int_equal(make_pipe(pipes, NULL), 0);
    assert_int_equal(frame_send(p.socks[0], msg, NULL, 0, NULL), 0);
    assert_int_equal(frame_send(p.socks[0], msg, pipes, 2, NULL), 0);
    assert_int_equal(frame_send(p.socks[0], msg, NULL, 0, NULL), 0);
    size_t expected[] = {0, 2, 0};
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        assert_int_equal(frame_poll(&p.reader, &frame, NULL), FRAME_READY);
        assert_int_equal(frame.fd_count, expected[i]);
        if (frame.fd_count) {
            assert_int_equal(fstat(pipes[0], &sent), 0);
            assert_int_equal(fstat(frame.fds[0], &got), 0);
            assert_int_equal(sent.st_ino, got.st_ino);
            assert_int_equal(fcntl(frame.fds[0], F_GETFD), FD_CLOEXEC);
        }
        frame_release(&frame);
    }
    json_decref(msg);
    close_fd(&pipes[0]);
    close_fd(&pipes[1]);
    pair_close(&p);
}

static void test_unwanted_descriptors_are_closed(void **state UNUSED)
{
    for (size_t max_fds = 0; max_fds < 2; max_fds++) {
        struct pair p;
        struct frame frame = FRAME_INIT;
        int two[] = {0, 0};
        size_t before = open_fds();
        auto_err struct err err = ERR_INIT;
        json_t *msg = json_object();

        pair_open(&p, 0, max_fds);
        assert_int_equal(frame_send(p.socks[0], msg, two, 2, NULL), 0);
        assert_int_equal(frame_poll(&p.reader, &frame, &err), -ERR_PROTOCOL);
        assert_non_null(strstr(err.message, "descriptors"));
        pair_close(&p);
        json_decref(msg);
        assert_int_equal(open_fds(), before);
    }
}

static void expect_refused(const char *bytes, size_t len, size_t max_bytes, const char *why)
{
    struct pair p;
    struct frame frame = FRAME_INIT;
    auto_err struct err err = ERR_INIT;

    pair_open(&p, max_bytes, 0);
    assert_int_equal(write_full(p.socks[0], bytes, len), 0);
    close_fd(&p.socks[0]);
    assert_int_equal(frame_poll(&p.reader, &frame, &err), -ERR_PROTOCOL);
    assert_non_null(strstr(err.message, why));
    assert_null(frame.msg);
    pair_close(&p);
}

static void test_hostile_bytes(void **state UNUSED)
{
    expect_refused("\xff\xff\xff\xff", 4, 0, "too long");
    expect_refused("\x01\x00\x00\x01{}", 6, 0, "too long");
    expect_refused("\x11\x00\x00\x00{}", 6, 16, "too long");
    expect_refused("\x03\x00\x00\x00{}", 6, 0, "cut off");
    expect_refused("\x03\x00", 2, 0, "cut off");
    expect_refused("\x00\x00\x00\x00", 4, 0, "not a JSON object");
    expect_refused("\x02\x00\x00\x00[]", 6, 0, "not a JSON object");
    expect_refused("\x02\x00\x00\x00{x", 6, 0, "not a JSON object");
    expect_refused("\x0a\x00\x00\x00{\"a\":\"\xff\xfe\"}", 14, 0, "not a JSON object");
}

static void test_one_byte_at_a_time(void **state UNUSED)
{
    static const char bytes[] = "\x09\x00\x00\x00{\"a\":\"b\"}";
    struct pair p;
    auto_frame struct frame frame = FRAME_INIT;

    pair_open(&p, 0, 0);
    for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
        assert_int_equal(frame_poll(&p.reader, &frame, NULL), FRAME_AGAIN);
        assert_int_equal(write_full(p.socks[0], bytes + i, 1), 0);
    }
    assert_int_equal(frame_poll(&p.reader, &frame, NULL), FRAME_READY);
    assert_string_equal(json_string_value(json_object_get(frame.msg, "a")), "b");
    pair_close(&p);
}

/* A frame larger than the socket's buffer, sent through a socket that does not block. */
static void test_large_frame(void **state UNUSED)
{
    enum { LEN = 4 << 20 };
    struct pair p;
    auto_frame struct frame frame = FRAME_INIT;

    pair_open(&p, 0, 0);
    assert_int_equal(set_nonblocking(p.socks[0], NULL), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        auto_free char *text = xcalloc(LEN + 1, 1);
        memset(text, 'x', LEN);
        _exit(frame_send_new(p.socks[0], json_pack("{s:s}", "a", text), NULL, 0, NULL) != 0);
    }
    assert_int_equal(frame_wait(&p.reader, DEADLINE_NEVER, &frame, NULL), FRAME_READY);
    assert_int_equal(json_string_length(json_object_get(frame.msg, "a")), LEN);
    pair_close(&p);
}

static void test_peer_is_gone(void **state UNUSED)
{
    struct pair p;
    auto_err struct err err = ERR_INIT;

    pair_open(&p, 0, 0);
    close_fd(&p.socks[1]);
    assert_int_equal(frame_send_new(p.socks[0], json_object(), NULL, 0, &err), -EPIPE);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_deadline),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_stop_while_there_is_no_room),
        cmocka_unit_test(test_descriptors_stay_with_their_frame),
        cmocka_unit_test(test_unwanted_descriptors_are_closed),
        cmocka_unit_test(test_hostile_bytes),
        cmocka_unit_test(test_one_byte_at_a_time),
        cmocka_unit_test(test_large_frame),
        cmocka_unit_test(test_peer_is_gone),
    };
    return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
