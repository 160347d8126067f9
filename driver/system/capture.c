/* Runs a program and reads what it prints, within limits. */
#include "system/capture.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "system/tree.h"

int capture_start(const struct spawn_spec *spec, struct capture *ret_capture, struct err *err)
{
    int fds[2];
    int ret;

    if (spec->fd_count)
        BUG("a captured program has descriptors of its own");
    if ((ret = make_pipe(fds, err)) < 0)
        return ret;
    auto_close int read_end = fds[0];
    auto_close int write_end = fds[1];
    struct spawn_fd to_stdout = {write_end, STDOUT_FILENO};
    struct spawn_spec with_output = *spec;
    with_output.fds = &to_stdout;
    with_output.fd_count = 1;
    *ret_capture = (struct capture)CAPTURE_INIT;
    if ((ret = spawn_program(&with_output, &ret_capture->pid, err)) < 0)
        return ret;
    ret_capture->output = steal_fd(&read_end);
    ret_capture->same_session = spec->same_session;
    return 0;
}

/* A program may close its output and go on: the stop must end that wait too. */
static int wait_for_end(pid_t pid, int stop_fd, struct err *err)
{
    auto_close int pidfd = stop_fd < 0 ? -1 : tree_pidfd(pid);

    /* Before Linux 5.3 there is no pidfd: then waitpid() alone. */
    return pidfd < 0 ? 0 : wait_readable(pidfd, stop_fd, DEADLINE_NEVER, err);
}

static int reap(struct capture *capture, int *ret_status, struct err *err)
{
    pid_t pid = capture->pid;

    capture->pid = 0;
    if (retry_eintr(waitpid(pid, ret_status, 0)) < 0)
        return err_errno(err, errno, "cannot wait for a program");
    return 0;
}

int capture_finish(struct capture *capture, const struct capture_limits *limits, struct str *out,
                   int *ret_status, struct err *err)
{
    int ret = read_all_until(capture->output, limits->max_bytes, limits->stop_fd, out, err);

    if (ret == 0)
        ret = wait_for_end(capture->pid, limits->stop_fd, err);
    if (ret == 0)
        ret = reap(capture, ret_status, err);
    capture_abandon(capture);
    return ret;
}

void capture_abandon(struct capture *capture)
{
    close_fd(&capture->output);
    if (capture->pid <= 0)
        return;
    (void)kill(capture->same_session ? capture->pid : -capture->pid, SIGKILL);
    (void)reap(capture, NULL, NULL);
}

int capture_run(const struct spawn_spec *spec, const struct capture_limits *limits, struct str *out,
                int *ret_status, struct err *err)
{
    struct capture capture = CAPTURE_INIT;
    int ret = capture_start(spec, &capture, err);

    return ret < 0 ? ret : capture_finish(&capture, limits, out, ret_status, err);
}
