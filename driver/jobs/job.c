/* One engine job: a loop over its channels, its output, its process and its deadline. */
#include "jobs/job.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/json.h"
#include "system/tree.h"

enum {
    HOOKS_MAX_BYTES = 8 << 20, /* of one frame from inside a sandbox (pyshim/wire.py: the same) */
    TERM_GRACE_MS = 700,       /* for a supervisor to end its tree */
    OUTPUT_GRACE_MS = 300      /* for output after the job's end */
};

struct job {
    const struct job_spec *spec;
    int channel;
    int hooks;
    int output;
    int pidfd;
    struct frame_reader channel_reader;
    struct frame_reader hooks_reader;
    bool channel_open;
    bool hooks_open;
    bool output_open;
    bool alive; /* as far as the pidfd says */
    bool terminating;
    int64_t deadline_ms; /* the package's own */
    int64_t grace_ms;    /* when patience ends, after terminating or after the end */
    int result;
    struct err failure;
};

/* ------------------------------------------------------------------------------------- start */

static int make_channels(struct job *job, int ret_child[3], struct err *err)
{
    int pair[2];
    int ret = frame_socketpair(pair, err);

    if (ret < 0)
        return ret;
    job->channel = pair[0];
    ret_child[0] = pair[1];
    ret = make_pipe(pair, err);
    if (ret < 0)
        return ret;
    job->output = pair[0];
    ret_child[1] = pair[1];
    if (job->spec->sandboxed) {
        ret = frame_socketpair(pair, err);
        if (ret < 0)
            return ret;
        job->hooks = pair[0];
        ret_child[2] = pair[1];
    }
    return set_nonblocking(job->output, err);
}

static int start(struct job *job, struct err *err)
{
    int child[FRAME_MAX_FDS] = {-1, -1, -1};
    size_t ours = job->spec->sandboxed ? 3 : 2, count = ours;
    int ret = make_channels(job, child, err);

    if (job->spec->claim && job->spec->claim->fd >= 0)
        child[count++] = job->spec->claim->fd;
    for (size_t i = 0; i < job->spec->fd_count; i++)
        child[count++] = job->spec->fds[i];
    if (ret == 0)
        ret = engine_request(job->spec->engine, job->spec->request, child, count, job->spec->cancel,
                             err);
    for (size_t i = 0; i < ours; i++)
        close_fd(&child[i]);
    job->channel_open = job->output_open = ret == 0;
    job->hooks_open = ret == 0 && job->spec->sandboxed;
    frame_reader_init(&job->channel_reader, job->channel, 0, 1);
    frame_reader_init(&job->hooks_reader, job->hooks, HOOKS_MAX_BYTES, 0);
    return ret;
}

/* ------------------------------------------------------------------------------------ ending */

static void signal_job(struct job *job, int signal)
{
    if (job->pidfd >= 0)
        (void)tree_signal(job->pidfd, signal); /* gone already: the same */
}

/* The first reason wins; later ones are consequences. */
static void fail(struct job *job, struct err *err)
{
    if (job->result < 0) {
        err_release(err);
        return;
    }
    job->result = err->code;
    err_move(&job->failure, err);
    job->terminating = true;
    job->grace_ms = clock_ms() + TERM_GRACE_MS;
    signal_job(job, SIGTERM);
}

static bool is_cancelled(const struct job_spec *spec)
{
    return cancel_requested(spec->cancel) || (spec->stop && cancel_requested(spec->stop));
}

static void check_limits(struct job *job)
{
    auto_err struct err err = ERR_INIT;
    int64_t now = clock_ms();

    if (!job->terminating && is_cancelled(job->spec)) {
        (void)err_set(&err, ERR_CANCELLED, "stopped");
        fail(job, &err);
    } else if (!job->terminating && now >= job->deadline_ms) {
        (void)err_set(&err, ERR_TIMEOUT, "not done after %g seconds: stopped",
                      (double)job->spec->timeout_ms / 1000);
        fail(job, &err);
    } else if (now >= job->grace_ms) {
        signal_job(job, SIGKILL);
        job->output_open = job->hooks_open = job->channel_open = false;
        job->grace_ms = now + TERM_GRACE_MS; /* until the pidfd says that it is gone */
    }
}

/* ------------------------------------------------------------------------------------ events */

static int handle(struct job *job, struct frame *frame, bool trusted, struct err *err)
{
    const char *type = json_text(frame->msg, "t");

    if (!type[0])
        return err_set(err, ERR_PROTOCOL, "a frame without a type");
    if (trusted && str_eq(type, "started")) {
        if (frame->fd_count == 1)
            job->pidfd = steal_fd(&frame->fds[0]);
        job->alive = job->pidfd >= 0;
        if (job->terminating)
            signal_job(job, SIGTERM);
        return 0;
    }
    return job->spec->on_frame(job->spec->arg, job, frame, trusted, err);
}

static void read_frames(struct job *job, struct frame_reader *reader, bool trusted, bool *open)
{
    /* not without end: a hostile build that never stops talking must still meet its deadline */
    for (int budget = 64; budget > 0; budget--) {
        auto_err struct err err = ERR_INIT;
        auto_frame struct frame frame = FRAME_INIT;
        int got = frame_poll(reader, &frame, &err);
        if (got == FRAME_AGAIN)
            return;
        if (got == FRAME_READY && job->terminating && !trusted)
            continue; /* what a doomed build says no longer matters */
        if (got == FRAME_READY)
            got = handle(job, &frame, trusted, &err);
        else
            *open = false;
        if (got < 0)
            fail(job, &err);
        if (!*open)
            return;
    }
}

static void read_output(struct job *job)
{
    char buf[65536];
    ssize_t n = retry_eintr(read(job->output, buf, sizeof(buf)));

    if (n > 0 && job->spec->log)
        job_log_write(job->spec->log, buf, (size_t)n);
    if (n == 0 || (n < 0 && errno != EAGAIN))
        job->output_open = false;
}

static int64_t next_wakeup(const struct job *job)
{
    if (job->terminating || job->grace_ms != DEADLINE_NEVER)
        return job->grace_ms;
    return job->deadline_ms;
}

/* Everything trusted is over: what remains is output that somebody may hold open for ever. */
static void note_end(struct job *job)
{
    bool over = !job->channel_open && !job->alive;

    if (over && job->grace_ms == DEADLINE_NEVER)
        job->grace_ms = clock_ms() + OUTPUT_GRACE_MS;
}

static void wait_once(struct job *job)
{
    enum { CHANNEL, HOOKS, OUTPUT, PID, CANCEL, STOP, COUNT };
    const struct cancel *stop = job->terminating ? NULL : job->spec->stop;
    struct pollfd fds[COUNT] = {
        [CHANNEL] = {.fd = job->channel_open ? job->channel : -1, .events = POLLIN},
        [HOOKS] = {.fd = job->hooks_open ? job->hooks : -1, .events = POLLIN},
        [OUTPUT] = {.fd = job->output_open ? job->output : -1, .events = POLLIN},
        [PID] = {.fd = job->alive ? job->pidfd : -1, .events = POLLIN},
        [CANCEL] = {.fd = job->terminating ? -1 : job->spec->cancel->fd, .events = POLLIN},
        [STOP] = {.fd = stop ? stop->fd : -1, .events = POLLIN},
    };

    if (poll(fds, COUNT, deadline_poll_ms(next_wakeup(job))) < 0)
        return; /* EINTR: signals are not ours, but harmless */
    if (fds[OUTPUT].revents)
        read_output(job);
    if (fds[HOOKS].revents)
        read_frames(job, &job->hooks_reader, false, &job->hooks_open);
    if (fds[CHANNEL].revents)
        read_frames(job, &job->channel_reader, true, &job->channel_open);
    if (fds[PID].revents)
        job->alive = false;
    note_end(job);
    check_limits(job);
}

static void release(struct job *job)
{
    frame_reader_release(&job->channel_reader);
    frame_reader_release(&job->hooks_reader);
    close_fd(&job->channel);
    close_fd(&job->hooks);
    close_fd(&job->output);
    close_fd(&job->pidfd);
    err_release(&job->failure);
}

int job_run(const struct job_spec *spec, struct err *err)
{
    struct job job = {
        .spec = spec,
        .channel = -1,
        .hooks = -1,
        .output = -1,
        .pidfd = -1,
        .grace_ms = DEADLINE_NEVER,
        .deadline_ms = spec->timeout_ms ? clock_ms() + spec->timeout_ms : DEADLINE_NEVER,
    };
    int ret = start(&job, err);

    while (ret == 0 && (job.channel_open || job.alive || job.hooks_open || job.output_open))
        wait_once(&job);
    if (ret == 0 && job.result < 0) {
        ret = job.result;
        err_move(err, &job.failure);
    }
    release(&job);
    return ret;
}

int job_send(struct job *job, json_t *msg, struct err *err)
{
    int ret = frame_send_until(job->channel, msg, NULL, 0, job->spec->cancel->fd, err);

    json_decref(msg);
    return ret;
}
