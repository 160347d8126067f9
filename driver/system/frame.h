/*
 * Frames: JSON objects with descriptors, between the driver, an engine and its children
 * (docs/engine-protocol.md). One frame is a 4-byte little-endian length and that many bytes of
 * JSON; its descriptors are sent with the first byte.
 *
 * The peer may be hostile. A length is checked before anything is allocated for it; memory grows
 * with what has been received, not with what was announced; descriptors that the reader does not
 * expect are closed and are an error. After a negative result the connection cannot be used any
 * more. A reader is not shared between threads.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"

enum { FRAME_MAX_BYTES = 16 << 20, FRAME_MAX_FDS = 64 };

struct frame {
    json_t *msg;            /* owned; an object */
    int fds[FRAME_MAX_FDS]; /* the first fd_count are owned; take one with steal_fd() */
    size_t fd_count;
};

#define FRAME_INIT                                                                                 \
    {                                                                                              \
        .msg = NULL, .fd_count = 0                                                                 \
    }
#define auto_frame __attribute__((cleanup(frame_release)))

void frame_release(struct frame *frame);

/*
 * Sends one frame, waiting for room whether the socket blocks or not. The descriptors stay the
 * caller's. -EPIPE (never SIGPIPE) when the peer is gone.
 */
int frame_send(int sock, const json_t *msg, const int *fds, size_t fd_count, struct err *err);

/*
 * The same; -ERR_CANCELLED when stop_fd (-1: none) becomes readable while there is no room, and then
 * the connection may have half of the frame.
 */
int frame_send_until(int sock, const json_t *msg, const int *fds, size_t fd_count, int stop_fd,
                     struct err *err);

/* frame_send, and drops the reference to msg: frame_send_new(s, json_pack(...), NULL, 0, err). */
int frame_send_new(int sock, json_t *msg, const int *fds, size_t fd_count, struct err *err);

/* Collects frames from a socket. `sock` is borrowed. */
struct frame_reader {
    int sock;
    size_t max_bytes; /* of one frame */
    size_t max_fds;   /* of one frame */
    uint8_t head[4];
    size_t head_len;
    size_t body_len; /* as announced; valid when head_len is 4 */
    struct str body;
    struct frame partial; /* the descriptors of the frame in progress */
};

#define auto_frame_reader __attribute__((cleanup(frame_reader_release)))

/* max_bytes 0: FRAME_MAX_BYTES, which is more than an untrusted peer should get. */
void frame_reader_init(struct frame_reader *reader, int sock, size_t max_bytes, size_t max_fds);
void frame_reader_release(struct frame_reader *reader);

enum frame_result { FRAME_EOF = 0, FRAME_READY = 1, FRAME_AGAIN = 2 };

/*
 * The next frame without waiting: FRAME_READY (*ret_frame is filled), FRAME_AGAIN (poll for
 * POLLIN), FRAME_EOF (the peer closed between two frames), or negative: -ERR_PROTOCOL for a frame
 * that is too long, cut off, not JSON, or carries unexpected descriptors.
 */
int frame_poll(struct frame_reader *reader, struct frame *ret_frame, struct err *err);

/*
 * The next frame, waiting until deadline_ms (base/clock.h). FRAME_AGAIN: the deadline has passed.
 */
int frame_wait(struct frame_reader *reader, int64_t deadline_ms, struct frame *ret_frame,
               struct err *err);

/* The same; -ERR_CANCELLED when stop_fd (-1: none) becomes readable. */
int frame_wait_until(struct frame_reader *reader, int64_t deadline_ms, int stop_fd,
                     struct frame *ret_frame, struct err *err);

/* A connected pair of CLOEXEC stream sockets. */
int frame_socketpair(int ret_socks[2], struct err *err);
