/*
 * A: the supervisor. It waits for B, for the driver and for signals at the same time:
 *
 *     running ──B: ended──────────────────────────→ reap B, look into out/, send `exit`
 *     running ──driver gone, SIGTERM──→ stopping ──→ the same; `exit` says "cancelled"
 *     running ──B: failed─────────────────────────→ send `error`
 *
 * When stopping, A closes `hold`; B then kills the tree and reports. If B does not do so within a
 * few seconds (it may hang in a mount), A kills B. Where there is no pid namespace, the orphans are
 * then children of A, because A is a subreaper too.
 */
#include "sandbox/sandbox.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "system/cgroup.h"
#include "system/frame.h"
#include "system/sig.h"
#include "system/tree.h"
#include "sandbox/ids.h"
#include "sandbox/init.h"
#include "sandbox/out.h"
#include "sandbox/refusal.h"

enum { STOP_MS = 5000 };

struct supervisor {
    const struct sandbox_io *io;
    struct frame_reader reports; /* from B */
    int report;                  /* A's end */
    int hold;                    /* A's end: closing it ends the tree */
    int signals;
    int init_pidfd;
    int out;       /* out/, when B has sent it */
    json_t *ended; /* the frame `ended` of B */
    bool cancelled;
    int64_t deadline_ms; /* for B to end, after `hold` is closed */
    struct err failure;  /* why the sandbox could not be made */
};

static int send_started(const struct sandbox_io *io, struct err *err)
{
    auto_close int self = tree_pidfd(getpid());

    if (self < 0)
        return err_errno(err, self, "cannot open a pidfd");
    return frame_send_new(io->channel, json_pack("{s:s, s:i}", "t", "started", "pid", getpid()),
                          &self, 1, err);
}

static void send_error(const struct sandbox_io *io, const struct err *err)
{
    json_t *msg = json_pack("{s:s, s:s, s:s?, s:i}", "t", "error", "message", err->message, "hint",
                            err->hint, "errno", sandbox_errno_of(err));

    (void)frame_send_new(io->channel, msg, NULL, 0, NULL); /* the driver may be gone */
}

static void begin_stop(struct supervisor *s)
{
    s->cancelled = true;
    if (s->hold < 0)
        return;
    close_fd(&s->hold);
    s->deadline_ms = clock_ms() + STOP_MS;
}

static void forward_usage(const struct supervisor *s, json_t *msg)
{
    (void)json_object_del(msg, "b");
    (void)json_object_set_new(msg, "t", json_string("usage"));
    (void)frame_send(s->io->channel, msg, NULL, 0, NULL); /* the driver may be gone */
}

static void handle_report(struct supervisor *s, struct frame *frame)
{
    const char *what = json_string_value(json_object_get(frame->msg, "b"));

    if (str_eq(what, "usage")) {
        forward_usage(s, frame->msg);
    } else if (str_eq(what, "ready") && frame->fd_count == 1) {
        s->out = steal_fd(&frame->fds[0]);
    } else if (str_eq(what, "ended")) {
        s->ended = json_incref(frame->msg);
    } else if (str_eq(what, "failed")) {
        const char *message = json_string_value(json_object_get(frame->msg, "message"));
        const char *hint = json_string_value(json_object_get(frame->msg, "hint"));
        int why = (int)json_integer_value(json_object_get(frame->msg, "errno"));
        (void)err_set(&s->failure, why ? why : ERR_ENVIRONMENT, "%s",
                      message ? message : "unknown");
        if (hint)
            err_hint(&s->failure, "%s", hint);
    }
}

/* False when B has closed its end: it has ended, or is about to. */
static bool read_reports(struct supervisor *s)
{
    for (;;) {
        auto_frame struct frame frame = FRAME_INIT;
        int state = frame_poll(&s->reports, &frame, NULL);
        if (state == FRAME_AGAIN)
            return true;
        if (state != FRAME_READY)
            return false;
        handle_report(s, &frame);
    }
}

/*
 * Waits once; false when B has ended. The driver's channel is only watched for hanging up: the
 * driver sends nothing on it.
 */
static bool wait_once(struct supervisor *s)
{
    bool stopping = s->hold < 0;
    struct pollfd fds[] = {
        {.fd = s->report, .events = POLLIN},
        {.fd = s->signals, .events = POLLIN},
        {.fd = stopping ? -1 : s->io->life, .events = POLLIN},
        {.fd = stopping ? -1 : s->io->channel, .events = POLLRDHUP},
    };
    int n = poll(fds, ARRAY_SIZE(fds), deadline_poll_ms(s->deadline_ms));

    if (n < 0 && errno != EINTR)
        BUG("poll: %s", strerror(errno));
    if (n == 0 && stopping)
        (void)tree_signal(s->init_pidfd, SIGKILL); /* it may have ended just now */
    if (n == 0)
        s->deadline_ms = DEADLINE_NEVER;
    if (n > 0 &&
        ((fds[1].revents && sig_read(s->signals) == SIGTERM) || fds[2].revents || fds[3].revents))
        begin_stop(s);
    return n <= 0 || !fds[0].revents || read_reports(s);
}

/* Waits until no process of the tree is alive; kills those that do not end by themselves. */
static void end_tree(struct supervisor *s)
{
    int status = 0;

    close_fd(&s->hold);
    if (tree_wait(s->init_pidfd, clock_ms() + STOP_MS, &status) == -ETIMEDOUT) {
        (void)tree_signal(s->init_pidfd, SIGKILL);
        (void)tree_wait(s->init_pidfd, DEADLINE_NEVER, &status);
    }
    tree_end(NULL, NULL);
    if (!s->ended && !s->failure.code)
        s->ended = json_pack("{s:i, s:i}", "status", 0, "signal", SIGKILL);
}

static void send_exit(struct supervisor *s)
{
    json_t *msg = json_copy(s->ended);

    (void)json_object_del(msg, "b");
    (void)json_object_set_new(msg, "t", json_string("exit"));
    (void)json_object_set_new(msg, "cancelled", json_boolean(s->cancelled));
    auto_close int wheel = s->out >= 0 ? sandbox_open_result(s->out, msg) : -1;
    /* The driver may be gone. */
    (void)frame_send_new(s->io->channel, msg, &wheel, wheel >= 0, NULL);
}

static void supervise(struct supervisor *s)
{
    while (wait_once(s))
        ;
    end_tree(s);
    if (s->failure.code)
        send_error(s->io, &s->failure);
    else
        send_exit(s);
}

/*
 * The two connections to B: B reports on one; A ends B by closing the other. A's ends are in `s`,
 * those of B in `init`.
 */
static int connect_init(struct supervisor *s, struct sandbox_init *init, struct err *err)
{
    int ends[2];
    int ret = frame_socketpair(ends, err);

    if (ret < 0)
        return ret;
    s->report = ends[0];
    init->report = ends[1];
    ret = make_pipe(ends, err);
    if (ret < 0)
        return ret;
    init->hold = ends[0];
    s->hold = ends[1];
    return 0;
}

static int prepare(struct supervisor *s, struct sandbox_init *init, struct err *err)
{
    static const int signals[] = {SIGTERM, 0};
    int ret;

    if ((ret = sig_block_all(err)) < 0 || (ret = sig_open_fd(signals, &s->signals, err)) < 0 ||
        (ret = tree_become_subreaper(err)) < 0 || (ret = connect_init(s, init, err)) < 0)
        return ret;
    if (init->spec->cgroup && (ret = cgroup_open_door(init->spec->cgroup, &init->cgroup, err)) < 0)
        return ret;
    return init->spec->mode == SANDBOX_NAMESPACES ? sandbox_enter_outer(init->ids, err) : 0;
}

static int start_init(struct supervisor *s, struct sandbox_init *init, struct err *err)
{
    pid_t pid = sandbox_fork(init->hooks);

    if (pid == 0)
        sandbox_init_main(init);
    if (pid < 0)
        return err_errno(err, errno, "cannot fork");
    close_fd(&init->report);
    close_fd(&init->hold);
    close_fd(&init->cgroup);
    s->init_pidfd = tree_pidfd(pid);
    return s->init_pidfd < 0 ? err_errno(err, s->init_pidfd, "cannot open a pidfd") : 0;
}

/*
 * Runs the tree from start to end and tells the driver. After a negative result the driver has not
 * been told, and B may be alive: the caller does both.
 */
static int run_tree(struct supervisor *s, struct sandbox_init *init, struct err *err)
{
    int ret = send_started(s->io, err);

    if (ret == 0)
        ret = prepare(s, init, err);
    if (ret == 0)
        ret = start_init(s, init, err);
    if (ret == 0) {
        frame_reader_init(&s->reports, s->report, 1 << 16, 1);
        supervise(s);
        frame_reader_release(&s->reports);
    }
    return ret;
}

static void release(struct supervisor *s, struct sandbox_init *init)
{
    int *fds[] = {&s->report, &s->hold,      &s->signals, &s->init_pidfd,
                  &s->out,    &init->report, &init->hold, &init->cgroup};

    for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
        close_fd(fds[i]);
    json_decref(s->ended);
    err_release(&s->failure);
}

int sandbox_run(const struct sandbox_spec *spec, const struct sandbox_io *io,
                const struct fork_hooks *hooks, int (*body)(void *arg), void *arg)
{
    struct sandbox_ids ids = {0};
    struct supervisor s = {.io = io,
                           .report = -1,
                           .hold = -1,
                           .signals = -1,
                           .init_pidfd = -1,
                           .out = -1,
                           .deadline_ms = DEADLINE_NEVER};
    struct sandbox_init init = {.spec = spec,
                                .ids = &ids,
                                .io = io,
                                .hooks = hooks,
                                .report = -1,
                                .hold = -1,
                                .cgroup = -1,
                                .body = body,
                                .arg = arg};
    auto_err struct err err = ERR_INIT;

    (void)fflush(NULL); /* B and C would otherwise write the same buffers again */
    sandbox_ids_choose(&ids);
    int ret = run_tree(&s, &init, &err);
    release(&s, &init);
    if (ret < 0) {
        tree_end(NULL, NULL); /* kills B, if it was started but has no pidfd */
        send_error(io, &err);
    }
    return ret < 0 ? 1 : 0;
}
