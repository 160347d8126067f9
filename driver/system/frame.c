/* Sending and receiving frames: JSON objects with descriptors. */
#include "system/frame.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/io.h"

/* The most that one recvmsg() reads: memory grows by this, not by the length that was announced. */
enum { FRAME_STEP = 1 << 16 };

/* Aligned room for the descriptors of one frame. */
union fd_control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(int) * FRAME_MAX_FDS)];
};

void frame_release(struct frame *frame)
{
    json_decref(frame->msg);
    for (size_t i = 0; i < frame->fd_count; i++)
        close_fd(&frame->fds[i]);
    *frame = (struct frame)FRAME_INIT;
}

static void attach_fds(struct msghdr *msg, union fd_control *control, const int *fds, size_t count)
{
    msg->msg_control = control->bytes;
    msg->msg_controllen = CMSG_SPACE(sizeof(int) * count);
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
    cmsg->cmsg_level = SOL_SOCKET;
    cmsg->cmsg_type = SCM_RIGHTS;
    cmsg->cmsg_len = CMSG_LEN(sizeof(int) * count);
    memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * count);
}

/* Waits for room; -ECANCELED when stop_fd becomes readable. */
static int wait_writable(int sock, int stop_fd)
{
    struct pollfd fds[] = {{.fd = sock, .events = POLLOUT}, {.fd = stop_fd, .events = POLLIN}};

    if (retry_eintr(poll(fds, ARRAY_SIZE(fds), -1)) < 0)
        return -errno;
    return fds[0].revents ? 0 : -ECANCELED;
}

/* Sends what there is room for, after waiting for some. The count sent, or negative errno. */
static ssize_t send_some(int sock, const char *bytes, size_t len, const int *fds, size_t fd_count,
                         int stop_fd)
{
    union fd_control control = {0};
    struct iovec iov = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

    if (fd_count)
        attach_fds(&msg, &control, fds, fd_count);
    for (;;) {
        ssize_t n = retry_eintr(sendmsg(sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT));
        if (n >= 0)
            return n;
        if (errno != EAGAIN)
            return -errno;
        int ret = wait_writable(sock, stop_fd);
        if (ret < 0)
            return ret;
    }
}

static int send_bytes(int sock, const struct str *bytes, const int *fds, size_t fd_count,
                      int stop_fd)
{
    for (size_t sent = 0; sent < bytes->len; fd_count = 0) {
        ssize_t n = send_some(sock, bytes->buf + sent, bytes->len - sent, fds, fd_count, stop_fd);
        if (n < 0)
            return (int)n;
        sent += (size_t)n;
    }
    return 0;
}

int frame_send_until(int sock, const json_t *msg, const int *fds, size_t fd_count, int stop_fd,
                     struct err *err)
{
    if (fd_count > FRAME_MAX_FDS)
        BUG("%zu descriptors in one frame", fd_count);
    auto_free char *text = json_dumps(msg, JSON_COMPACT);
    if (!text)
        return err_set(err, ERR_PROTOCOL, "a message cannot be written as JSON");
    size_t len = strlen(text);
    if (len > FRAME_MAX_BYTES)
        return err_set(err, ERR_PROTOCOL, "a message of %zu bytes is too long", len);

    auto_str struct str bytes = STR_INIT;
    for (int shift = 0; shift < 32; shift += 8)
        str_addch(&bytes, (char)(len >> shift & 0xff));
    str_append(&bytes, text, len);
    int ret = send_bytes(sock, &bytes, fds, fd_count, stop_fd);
    if (ret == -ECANCELED)
        return err_set(err, ERR_CANCELLED, "stopped");
    return ret < 0 ? err_errno(err, ret, "cannot send a message") : 0;
}

int frame_send(int sock, const json_t *msg, const int *fds, size_t fd_count, struct err *err)
{
    return frame_send_until(sock, msg, fds, fd_count, -1, err);
}

int frame_send_new(int sock, json_t *msg, const int *fds, size_t fd_count, struct err *err)
{
    int ret = frame_send(sock, msg, fds, fd_count, err);

    json_decref(msg);
    return ret;
}

void frame_reader_init(struct frame_reader *reader, int sock, size_t max_bytes, size_t max_fds)
{
    *reader = (struct frame_reader){
        .sock = sock,
        .max_bytes = max_bytes && max_bytes < FRAME_MAX_BYTES ? max_bytes : FRAME_MAX_BYTES,
        .max_fds = max_fds,
        .body = STR_INIT,
        .partial = FRAME_INIT,
    };
}

void frame_reader_release(struct frame_reader *reader)
{
    str_release(&reader->body);
    frame_release(&reader->partial);
}

/* Adds the descriptors of one message to the frame; false when there are more than it may have. */
static bool add_fds(struct frame_reader *reader, struct msghdr *msg)
{
    struct frame *frame = &reader->partial;
    bool allowed = !(msg->msg_flags & MSG_CTRUNC);

    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
            if (frame->fd_count < reader->max_fds) {
                frame->fds[frame->fd_count++] = fd;
            } else {
                close_fd(&fd);
                allowed = false;
            }
        }
    }
    return allowed;
}

/*
 * Reads at most len bytes, never beyond the frame in progress: the descriptors that come with them
 * are then of this frame. The count (0 at end of file), or negative.
 */
static ssize_t receive(struct frame_reader *reader, void *buf, size_t len, struct err *err)
{
    union fd_control control;
    struct iovec iov = {.iov_base = buf, .iov_len = len};
    struct msghdr msg = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof(control.bytes),
    };
    ssize_t n = retry_eintr(recvmsg(reader->sock, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC));

    if (n < 0 && errno == EAGAIN)
        return -EAGAIN;
    if (n < 0 && errno == ECONNRESET)
        return 0; /* the peer closed without reading all that was sent: still a close */
    if (n < 0)
        return err_errno(err, errno, "cannot receive a message");
    if (!add_fds(reader, &msg))
        return err_set(err, ERR_PROTOCOL, "a message carries unexpected descriptors");
    return n;
}

static int check_head(struct frame_reader *reader, struct err *err)
{
    size_t len = 0;

    for (int i = 3; i >= 0; i--)
        len = len << 8 | reader->head[i];
    if (len > reader->max_bytes)
        return err_set(err, ERR_PROTOCOL, "a message of %zu bytes is too long", len);
    reader->body_len = len;
    return 0;
}

/* Reads once what the frame needs next. FRAME_READY: something was read. */
static int advance(struct frame_reader *reader, struct err *err)
{
    ssize_t n;

    if (reader->head_len < 4) {
        n = receive(reader, reader->head + reader->head_len, 4 - reader->head_len, err);
        if (n == 0 && reader->head_len == 0)
            return FRAME_EOF;
        if (n > 0 && (reader->head_len += (size_t)n) == 4 && check_head(reader, err) < 0)
            return -ERR_PROTOCOL;
    } else {
        struct str *body = &reader->body;
        size_t missing = reader->body_len - body->len;
        size_t step = missing < FRAME_STEP ? missing : FRAME_STEP;
        str_reserve(body, step);
        n = receive(reader, body->buf + body->len, step, err);
        if (n > 0)
            body->len += (size_t)n;
    }
    if (n == -EAGAIN)
        return FRAME_AGAIN;
    if (n < 0)
        return (int)n;
    if (n == 0)
        return err_set(err, ERR_PROTOCOL, "a message was cut off");
    return FRAME_READY;
}

static bool is_whole(const struct frame_reader *reader)
{
    return reader->head_len == 4 && reader->body.len == reader->body_len;
}

/* Hands the whole frame over; the reader is ready for the next one. */
static int hand_over(struct frame_reader *reader, struct frame *ret_frame, struct err *err)
{
    json_error_t reason;
    json_t *msg = json_loadb(reader->body.buf, reader->body.len, 0, &reason);

    if (!json_is_object(msg)) {
        json_decref(msg);
        return err_set(err, ERR_PROTOCOL, "a message is not a JSON object");
    }
    *ret_frame = reader->partial;
    ret_frame->msg = msg;
    reader->partial = (struct frame)FRAME_INIT;
    reader->head_len = 0;
    str_release(&reader->body);
    return FRAME_READY;
}

int frame_poll(struct frame_reader *reader, struct frame *ret_frame, struct err *err)
{
    while (!is_whole(reader)) {
        int state = advance(reader, err);
        if (state != FRAME_READY)
            return state;
    }
    return hand_over(reader, ret_frame, err);
}

int frame_wait_until(struct frame_reader *reader, int64_t deadline_ms, int stop_fd,
                     struct frame *ret_frame, struct err *err)
{
    for (;;) {
        int state = frame_poll(reader, ret_frame, err);
        if (state != FRAME_AGAIN)
            return state;
        auto_err struct err why = ERR_INIT;
        state = wait_readable(reader->sock, stop_fd, deadline_ms, &why);
        if (state == -ERR_TIMEOUT)
            return FRAME_AGAIN;
        if (state < 0) {
            err_move(err, &why);
            return state;
        }
    }
}

int frame_wait(struct frame_reader *reader, int64_t deadline_ms, struct frame *ret_frame,
               struct err *err)
{
    return frame_wait_until(reader, deadline_ms, -1, ret_frame, err);
}

int frame_socketpair(int ret_socks[2], struct err *err)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret_socks) < 0)
        return err_errno(err, errno, "cannot make a socket pair");
    return 0;
}
