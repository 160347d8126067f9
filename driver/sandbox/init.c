/*
 * B: makes the directories and mounts that C sees, starts C and reaps orphans. When C has ended or
 * A wants the end, B kills all that is left. Frames to A on `report`:
 *
 *     {"b": "failed", "message", "hint", "errno"}   the sandbox could not be made; B exits
 *     {"b": "ready"} + out/                C runs body()
 *     {"b": "usage", "bytes", "processes"}   now and then
 *     {"b": "ended", "status", "signal", "utime_ms", "stime_ms", "maxrss_kib"}   all but B are dead
 */
#include "sandbox/init.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "system/cgroup.h"
#include "system/fds.h"
#include "system/frame.h"
#include "system/private.h"
#include "system/sig.h"
#include "system/tree.h"
#include "sandbox/job_dir.h"
#include "sandbox/paths.h"
#include "sandbox/payload.h"
#include "sandbox/root.h"
#include "sandbox/usage.h"
#include "sandbox/refusal.h"

enum { MEASURE_MS = 100 };

struct init_state {
    const struct sandbox_init *init;
    struct sandbox_sources sources;
    int out;      /* out/ of the job */
    int proc_sys; /* for C; -1 without namespaces */
    int sigchld;
    int sync; /* to C */
    pid_t payload;
    mode_t outside_umask;
    bool has_ended;
    int status; /* of the payload, as waitpid() says */
};

/*
 * B is process 1, which cannot be killed from inside; and a payload of the same uid cannot read or trace
 * it either.
 */
static int protect_self(const struct sandbox_init *init, struct err *err)
{
    private_begin();
    /* In the other modes B must live longer than A, to end the tree: see wait_for_end(). */
    if (init->spec->mode == SANDBOX_NAMESPACES && prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        return err_errno(err, errno, "cannot ask for the parent's end");
    return tree_become_subreaper(err);
}

static int fill_job(struct init_state *state, int job, uid_t owner, struct err *err)
{
    int ret = sandbox_fill_job(state->init->spec, &state->sources, job, owner, &state->out, err);

    sandbox_close_sources(&state->sources);
    return ret;
}

static int make_real_job(struct init_state *state, struct err *err)
{
    auto_close int job = -1;
    int ret = sandbox_open_sources(state->init->spec, &state->sources, err);

    if (ret == 0)
        ret = sandbox_open_real_job(state->init->spec, &job, err);
    return ret < 0 ? ret : fill_job(state, job, (uid_t)-1, err);
}

static int make_hidden_job(struct init_state *state, struct err *err)
{
    const struct sandbox_spec *spec = state->init->spec;
    const struct sandbox_ids *ids = state->init->ids;
    struct sandbox_root root = SANDBOX_ROOT_INIT;
    int ret = sandbox_enter_inner(spec->network || spec->fetch, err);

    if (ret == 0)
        ret = sandbox_open_sources(spec, &state->sources, err);
    if (ret == 0)
        ret = sandbox_make_root(spec, ids, &root, err);
    if (ret == 0)
        ret = fill_job(state, root.job, ids->owner, err);
    close_fd(&root.job);
    state->proc_sys = root.proc_sys;
    return ret < 0 ? ret : sandbox_leave_host(err);
}

static int make_job(struct init_state *state, struct err *err)
{
    state->outside_umask = umask(022);
    return state->init->spec->mode == SANDBOX_NAMESPACES ? make_hidden_job(state, err)
                                                         : make_real_job(state, err);
}

static int read_refusal(int sync, struct err *err)
{
    auto_str struct str text = STR_INIT;
    int why = 0;

    (void)read_full(sync, &why, sizeof(why));
    (void)read_all(sync, 4096, &text, NULL); /* if it is too long or cut off, what there is */
    return err_set(err, why ? why : ERR_ENVIRONMENT, "%s", text.buf);
}

/* Until C closes `sync`, which means that it runs body(); payload.c has the conversation. */
static int talk_to_payload(struct init_state *state, struct err *err)
{
    for (;;) {
        char word;
        ssize_t n = read_full(state->sync, &word, 1);
        if (n == 0)
            return 0;
        if (n < 0)
            return err_errno(err, (int)n, "cannot hear from the payload");
        if (word != 'm')
            return read_refusal(state->sync, err);
        int ret = sandbox_map_child(state->payload, err);
        if (ret < 0)
            return ret;
        if ((ret = write_full(state->sync, "k", 1)) < 0)
            return err_errno(err, ret, "cannot answer the payload");
    }
}

static int start_payload(struct init_state *state, int (*body)(void *arg), struct err *err)
{
    const struct sandbox_init *init = state->init;
    auto_free char *job_path = sandbox_path_of(init->spec);
    int socks[2];
    int ret = frame_socketpair(socks, err);

    if (ret < 0)
        return ret;
    struct sandbox_payload payload = {
        .spec = init->spec,
        .ids = init->ids,
        .io = init->io,
        .job_path = job_path,
        .sync = socks[1],
        .proc_sys = state->proc_sys,
        .parent = getpid(),
        .outside_umask = state->outside_umask,
        .body = body,
        .arg = init->arg,
    };
    state->sync = socks[0];
    state->payload = sandbox_fork(init->hooks);
    if (state->payload == 0)
        sandbox_payload_main(&payload);
    close_fd(&socks[1]);
    if (state->payload < 0)
        return err_errno(err, errno, "cannot fork");
    ret = talk_to_payload(state, err);
    close_fd(&state->sync);
    return ret;
}

static void note_end(pid_t pid, int status, void *arg);
static void wait_for_end(struct init_state *state);

/* Runs a payload that has the network before the real one. Only its files survive. */
static int run_fetch(struct init_state *state, struct err *err)
{
    const struct sandbox_init *init = state->init;
    int ret = start_payload(state, init->io->fetch, err);

    if (ret < 0)
        return ret;
    wait_for_end(state);
    if (!state->has_ended)
        return err_set(err, ERR_CANCELLED, "stopped");
    tree_end(NULL, NULL);
    state->has_ended = false;
    if (init->spec->mode != SANDBOX_NAMESPACES || init->spec->network)
        return 0;
    return sandbox_leave_network(err);
}

static int set_up(struct init_state *state, struct err *err)
{
    static const int signals[] = {SIGCHLD, 0};
    const struct sandbox_init *init = state->init;
    int keep[8] = {0, 1, 2, init->report, init->hold};
    size_t count = 5;
    int ret = init->cgroup < 0 ? 0 : cgroup_enter(init->cgroup, err);

    if (ret < 0)
        return ret;

    if (init->io->keep_count + init->io->hold_count > ARRAY_SIZE(keep) - count)
        BUG("too many descriptors for a sandbox");
    for (size_t i = 0; i < init->io->keep_count; i++)
        keep[count++] = init->io->keep_fds[i];
    for (size_t i = 0; i < init->io->hold_count; i++)
        keep[count++] = init->io->hold_fds[i];
    if ((ret = fds_close_except(keep, count, err)) < 0 || (ret = protect_self(init, err)) < 0 ||
        (ret = sig_open_fd(signals, &state->sigchld, err)) < 0 || (ret = make_job(state, err)) < 0)
        return ret;
    if (init->spec->fetch && init->io->fetch && (ret = run_fetch(state, err)) < 0)
        return ret;
    return start_payload(state, init->body, err);
}

static void note_end(pid_t pid, int status, void *arg)
{
    struct init_state *state = arg;

    if (pid != state->payload)
        return;
    state->has_ended = true;
    state->status = status;
}

/* When to report again: measuring takes at most a twentieth of the time. */
static int64_t report_usage(const struct init_state *state)
{
    const struct sandbox_init *init = state->init;
    int64_t begin = clock_ms();
    struct sandbox_usage usage;

    sandbox_measure(init->spec->mode == SANDBOX_NAMESPACES, &usage);
    json_t *msg = json_pack("{s:s, s:I, s:I}", "b", "usage", "bytes", (json_int_t)usage.bytes,
                            "processes", (json_int_t)usage.processes);
    (void)frame_send_new(init->report, msg, NULL, 0, NULL); /* A may be gone */
    int64_t pause = 20 * (clock_ms() - begin);
    return clock_ms() + (pause > MEASURE_MS ? pause : MEASURE_MS);
}

/* Until the payload has ended, or A has closed its end of `hold` (or was killed). */
static void wait_for_end(struct init_state *state)
{
    int64_t next_report = clock_ms();
    struct pollfd fds[] = {
        {.fd = state->sigchld, .events = POLLIN},
        {.fd = state->init->hold, .events = POLLIN},
    };

    while (!state->has_ended) {
        if (poll(fds, ARRAY_SIZE(fds), deadline_poll_ms(next_report)) < 0 && errno != EINTR)
            BUG("poll: %s", strerror(errno));
        if (fds[1].revents)
            return;
        (void)sig_read(state->sigchld);
        tree_reap(note_end, state);
        if (clock_ms() >= next_report)
            next_report = report_usage(state);
    }
}

static int64_t in_ms(const struct timeval *time)
{
    return (int64_t)time->tv_sec * 1000 + time->tv_usec / 1000;
}

static void report_end(const struct init_state *state)
{
    struct rusage usage = {0};
    int status = state->has_ended ? state->status : SIGKILL;

    (void)getrusage(RUSAGE_CHILDREN, &usage);
    json_t *msg = json_pack(
        "{s:s, s:i, s:i, s:I, s:I, s:I}", "b", "ended", "status",
        WIFEXITED(status) ? WEXITSTATUS(status) : 0, "signal",
        WIFSIGNALED(status) ? WTERMSIG(status) : 0, "utime_ms", (json_int_t)in_ms(&usage.ru_utime),
        "stime_ms", (json_int_t)in_ms(&usage.ru_stime), "maxrss_kib", (json_int_t)usage.ru_maxrss);
    (void)frame_send_new(state->init->report, msg, NULL, 0, NULL); /* A may be gone */
}

static void report_failure(int report, const struct err *err)
{
    json_t *msg = json_pack("{s:s, s:s, s:s?, s:i}", "b", "failed", "message", err->message, "hint",
                            err->hint, "errno", sandbox_errno_of(err));

    (void)frame_send_new(report, msg, NULL, 0, NULL); /* A may be gone */
}

void sandbox_init_main(const struct sandbox_init *init)
{
    struct init_state state = {.init = init,
                               .sources = SANDBOX_SOURCES_INIT,
                               .out = -1,
                               .proc_sys = -1,
                               .sigchld = -1,
                               .sync = -1};
    auto_err struct err err = ERR_INIT;

    if (set_up(&state, &err) < 0) {
        tree_end(note_end, &state);
        if (err.code == -ERR_CANCELLED)
            report_end(&state);
        else
            report_failure(init->report, &err);
        sandbox_exit(1);
    }
    (void)frame_send_new(init->report, json_pack("{s:s}", "b", "ready"), &state.out, 1, NULL);
    close_fd(&state.out);
    wait_for_end(&state);
    tree_end(note_end, &state);
    report_end(&state);
    sandbox_exit(0);
}
