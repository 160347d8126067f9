/* Forks the engine's children and runs their jobs. */
#include <Python.h>

#include "engine/jobs.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/sandbox.h"
#include "engine/inherited.h"
#include "engine/py_call.h"

/* The order of a job's descriptors in the frame of its request. */
enum job_fd { FD_CHANNEL, FD_OUTPUT, FD_PLAIN_COUNT, FD_HOOKS = FD_PLAIN_COUNT, FD_LOCK };

struct job_kind {
    const char *op;
    size_t fd_min, fd_max;
    int (*run)(struct frame *request); /* in the child; returns its exit status */
};

/*
 * A fork copies only the calling thread: locks that another one holds would stay locked for ever.
 */
static void assert_single_thread(void)
{
    int threads = 0;
    DIR *dir = opendir("/proc/self/task");

    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));)
        threads += entry->d_name[0] != '.';
    (void)closedir(dir);
    if (threads != 1)
        BUG("the engine has %d threads", threads);
}

/* The engine ignores SIGCHLD; programs that a job starts must not inherit that. */
static void restore_signals(void)
{
    (void)signal(SIGCHLD, SIG_DFL);
    /* As in any Python, which raises BrokenPipeError; the subprocess module restores it. */
    (void)signal(SIGPIPE, SIG_IGN);
}

static int send_started(int channel)
{
    auto_close int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    json_t *msg = json_pack("{s:s, s:i}", "t", "started", "pid", (int)getpid());

    return frame_send_new(channel, msg, &pidfd, pidfd >= 0 ? 1 : 0, NULL);
}

static void redirect_output(int fd)
{
    (void)dup2(fd, STDOUT_FILENO);
    (void)dup2(fd, STDERR_FILENO);
}

/* For all but build: Python in the child itself, in a session of its own. */
static int run_plain(const char *function, const struct frame *request)
{
    (void)setsid();
    redirect_output(request->fds[FD_OUTPUT]);
    if (send_started(request->fds[FD_CHANNEL]) < 0)
        return 1;
    return shim_run(function, request->msg, request->fds[FD_CHANNEL]);
}

static int run_resolve(struct frame *request)
{
    auto_err struct err err = ERR_INIT;

    if (inherited_place(request, FD_PLAIN_COUNT, &err) < 0) {
        (void)fprintf(stderr, "truewheel-engine: %s\n", err.message);
        return 1;
    }
    return run_plain("resolve", request);
}

static int run_install(struct frame *request)
{
    return run_plain("install", request);
}

static int run_lock_write(struct frame *request)
{
    return run_plain("lock_write", request);
}

static int run_lock_fetch(struct frame *request)
{
    return run_plain("lock_fetch", request);
}

static int run_look_index(struct frame *request)
{
    return run_plain("look_index", request);
}

static int run_published_list(struct frame *request)
{
    return run_plain("published_list", request);
}

static int run_published_fetch(struct frame *request)
{
    return run_plain("published_fetch", request);
}

static int run_settings(struct frame *request)
{
    return run_plain("settings", request);
}

static int run_settings_check(struct frame *request)
{
    return run_plain("settings_check", request);
}

static int build_body(void *arg)
{
    const struct frame *request = arg;

    return shim_run("build", request->msg, request->fds[FD_HOOKS]);
}

static int fetch_body(void *arg)
{
    const struct frame *request = arg;

    return shim_run("fetch", request->msg, request->fds[FD_HOOKS]);
}

static int run_build(struct frame *request)
{
    static const struct fork_hooks hooks = {
        .before = PyOS_BeforeFork,
        .parent = PyOS_AfterFork_Parent,
        .child = PyOS_AfterFork_Child,
    };
    auto_err struct err err = ERR_INIT;
    auto_sandbox_spec struct sandbox_spec spec = SANDBOX_SPEC_INIT;
    struct sandbox_io io = {
        .channel = request->fds[FD_CHANNEL],
        .life = ENGINE_LIFE_FD,
        .keep_fds = &request->fds[FD_HOOKS],
        .keep_count = 1,
        .hold_fds = &request->fds[FD_LOCK],
        .hold_count = request->fd_count > FD_LOCK,
        .fetch = fetch_body,
    };

    if (sandbox_spec_from_json(json_object_get(request->msg, "spec"), &spec, &err) < 0) {
        json_t *msg = json_pack("{s:s, s:s}", "t", "error", "message", err.message);
        (void)frame_send_new(io.channel, msg, NULL, 0, NULL);
        return 1;
    }
    redirect_output(request->fds[FD_OUTPUT]);
    return sandbox_run(&spec, &io, &hooks, build_body, request);
}

static const struct job_kind kinds[] = {
    {"resolve", 2, FRAME_MAX_FDS, run_resolve},     {"install", 2, 2, run_install},
    {"lock-write", 2, 2, run_lock_write},           {"lock-fetch", 2, 2, run_lock_fetch},
    {"look-index", 2, 2, run_look_index},           {"published-list", 2, 2, run_published_list},
    {"published-fetch", 2, 2, run_published_fetch}, {"settings", 2, 2, run_settings},
    {"settings-check", 2, 2, run_settings_check},   {"build", 3, 4, run_build},
};

static const struct job_kind *find_kind(const char *op)
{
    for (size_t i = 0; op && i < ARRAY_SIZE(kinds); i++)
        if (strcmp(kinds[i].op, op) == 0)
            return &kinds[i];
    return NULL;
}

static int run_child(const struct job_kind *kind, struct frame *request, pid_t engine)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != engine)
        return 1; /* the engine died before prctl() */
    (void)close(ENGINE_CONTROL_FD);
    restore_signals();
    int status = kind->run(request);
    (void)fflush(NULL);
    return status;
}

int job_fork(struct frame *request, struct err *err)
{
    const char *op = json_string_value(json_object_get(request->msg, "op"));
    const struct job_kind *kind = find_kind(op);

    if (!kind)
        return err_set(err, ERR_PROTOCOL, "unknown request '%s'", op ? op : "");
    if (request->fd_count < kind->fd_min || request->fd_count > kind->fd_max)
        return err_set(err, ERR_PROTOCOL, "request '%s' with %zu descriptors", op,
                       request->fd_count);
    assert_single_thread();
    pid_t engine = getpid();
    (void)fflush(NULL);
    PyOS_BeforeFork();
    pid_t pid = fork();
    if (pid == 0) {
        PyOS_AfterFork_Child();
        _exit(run_child(kind, request, engine));
    }
    int saved = errno;
    PyOS_AfterFork_Parent();
    return pid < 0 ? err_errno(err, saved, "cannot fork") : 0;
}
