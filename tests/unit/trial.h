/*
 * Trial sandboxes for unit tests: runs a body in one, collects what the driver would get on the
 * channel and what the body says. Header only.
 */
#pragma once

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "scratch.h"
#include "system/frame.h"
#include "sandbox/sandbox.h"
#include "system/tree.h"

struct trial {
    struct sandbox_spec spec;
    int (*body)(void *arg);
    void *arg;
    int (*fetch)(void *arg); /* with spec.fetch */

    int hold;       /* what the sandbox keeps, but not its payload; the test's own; -1: nothing */
    int channel;    /* the driver's end */
    int life;       /* the driver's end: closing it is the driver's death */
    int voice;      /* what the body says, read end: at its end every process of the tree is gone */
    int supervisor; /* pidfd of A, as it came with `started` */
    pid_t pid;      /* of A */
    json_t *last;   /* the last frame: exit or error */
    int wheel;      /* the descriptor that came with it, or -1 */
    uint64_t peak_bytes; /* the most that was reported */
    struct str said;     /* by the body */
};

#define TRIAL_INIT                                                                                 \
    {                                                                                              \
        .hold = -1, .channel = -1, .life = -1, .voice = -1, .supervisor = -1, .wheel = -1,         \
        .said = STR_INIT                                                                           \
    }

/* The write end of `voice` in C; what is said there arrives, whatever else is closed. */
static int trial_voice_fd = -1;

static inline void say(const char *fmt, ...) PRINTF_LIKE(1, 2);
static inline void say(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)vdprintf(trial_voice_fd, fmt, ap);
    va_end(ap);
}

static inline void trial_init(struct trial *t, enum sandbox_mode mode, const char *root,
                              int (*body)(void *arg), void *arg)
{
    *t = (struct trial)TRIAL_INIT;
    t->body = body;
    t->arg = arg;
    t->spec.mode = mode;
    t->spec.root = xstrdup(root);
    t->spec.dir = xstrdup("demo-1.0");
    t->spec.tmpfs = mode == SANDBOX_NAMESPACES;
}

static inline void trial_bind(struct trial *t, const char *path, bool writable)
{
    VEC_GROW(&t->spec.binds);
    t->spec.binds.items[t->spec.binds.count++] = (struct sandbox_bind){xstrdup(path), writable};
}

static inline struct sandbox_tree *trial_tree(struct trial *t, const char *host, const char *place)
{
    VEC_GROW(&t->spec.trees);
    struct sandbox_tree *tree = &t->spec.trees.items[t->spec.trees.count++];
    *tree = (struct sandbox_tree){.host = xstrdup(host), .place = xstrdup(place)};
    return tree;
}

static inline void trial_start(struct trial *t)
{
    int channel[2], life[2], voice[2];
    auto_frame_reader struct frame_reader reader;
    auto_frame struct frame frame = FRAME_INIT;

    assert_int_equal(frame_socketpair(channel, NULL), 0);
    assert_int_equal(make_pipe(life, NULL), 0);
    assert_int_equal(make_pipe(voice, NULL), 0);
    t->pid = fork();
    assert_true(t->pid >= 0);
    if (t->pid == 0) {
        (void)close(channel[0]);
        (void)close(life[1]);
        (void)close(voice[0]);
        trial_voice_fd = voice[1];
        struct sandbox_io io = {.channel = channel[1],
                                .life = life[0],
                                .keep_fds = &trial_voice_fd,
                                .keep_count = 1,
                                .hold_fds = &t->hold,
                                .hold_count = t->hold >= 0,
                                .fetch = t->fetch};
        _exit(sandbox_run(&t->spec, &io, NULL, t->body, t->arg));
    }
    close_fd(&channel[1]);
    close_fd(&life[0]);
    close_fd(&voice[1]);
    t->channel = channel[0];
    t->life = life[1];
    t->voice = voice[0];
    frame_reader_init(&reader, t->channel, 0, 1);
    assert_int_equal(frame_wait(&reader, DEADLINE_NEVER, &frame, NULL), FRAME_READY);
    assert_string_equal(json_string_value(json_object_get(frame.msg, "t")), "started");
    assert_int_equal(json_integer_value(json_object_get(frame.msg, "pid")), t->pid);
    assert_int_equal(frame.fd_count, 1);
    t->supervisor = steal_fd(&frame.fds[0]);
}

/* Waits until the body has said `text` (and more). */
static inline void trial_hear(struct trial *t, const char *text)
{
    while (!strstr(t->said.buf, text)) {
        char buf[256];
        ssize_t n = read(t->voice, buf, sizeof(buf));
        if (n <= 0)
            fail_msg("the body said only '%s'", t->said.buf);
        str_append(&t->said, buf, (size_t)n);
    }
}

/* Keeps what it brings, if it is the last one; else notes what the body uses. */
static inline bool trial_note(struct trial *t, struct frame *frame)
{
    const char *type = json_string_value(json_object_get(frame->msg, "t"));
    uint64_t bytes = (uint64_t)json_integer_value(json_object_get(frame->msg, "bytes"));

    if (strcmp(type, "usage") == 0) {
        t->peak_bytes = bytes > t->peak_bytes ? bytes : t->peak_bytes;
        return false;
    }
    t->last = json_incref(frame->msg);
    t->wheel = frame->fd_count ? steal_fd(&frame->fds[0]) : -1;
    return true;
}

/* The last frame (none when A was killed), then everything said; returns when all are dead. */
static inline void trial_finish(struct trial *t)
{
    int status;

    if (t->channel >= 0) {
        auto_frame_reader struct frame_reader reader;
        bool is_last = false;
        frame_reader_init(&reader, t->channel, 0, 1);
        while (!is_last) {
            auto_frame struct frame frame = FRAME_INIT;
            if (frame_wait(&reader, DEADLINE_NEVER, &frame, NULL) != FRAME_READY)
                break;
            is_last = trial_note(t, &frame);
        }
    }
    assert_int_equal(read_all(t->voice, 1 << 20, &t->said, NULL), 0);
    assert_int_equal(waitpid(t->pid, &status, 0), t->pid);
}

static inline void trial_run(struct trial *t)
{
    trial_start(t);
    trial_finish(t);
}

static inline const char *trial_text(const struct trial *t, const char *key)
{
    const char *text = json_string_value(json_object_get(t->last, key));

    return text ? text : "";
}

static inline json_int_t trial_number(const struct trial *t, const char *key)
{
    return json_integer_value(json_object_get(t->last, key));
}

/* The body ran and returned 0. */
static inline void trial_expect_done(struct trial *t)
{
    if (strcmp(trial_text(t, "t"), "exit") != 0)
        fail_msg("no exit: %s", trial_text(t, "message"));
    if (trial_number(t, "status") || trial_number(t, "signal"))
        fail_msg("status %d, signal %d: %s", (int)trial_number(t, "status"),
                 (int)trial_number(t, "signal"), t->said.buf);
}

static inline void trial_expect_said(struct trial *t, const char *text)
{
    if (strcmp(t->said.buf, text) != 0)
        fail_msg("said '%s' instead of '%s'", t->said.buf, text);
}

static inline void trial_release(struct trial *t)
{
    sandbox_spec_release(&t->spec);
    close_fd(&t->channel);
    close_fd(&t->life);
    close_fd(&t->voice);
    close_fd(&t->supervisor);
    close_fd(&t->wheel);
    json_decref(t->last);
    t->last = NULL;
    str_release(&t->said);
}
