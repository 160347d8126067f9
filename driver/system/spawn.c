/* Starts a program with exactly the descriptors it is meant to have. */
#include "system/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "system/fds.h"
#include "system/sig.h"

extern char **environ;

enum { FIRST_FREE_FD = 64 }; /* above every target: a source is never overwritten before its use */

/*
 * Duplicates fd at `first` or above. Beyond the limit of descriptors fcntl() says EINVAL, not
 * EMFILE.
 */
static int move_up(int fd, int command, int first)
{
    int ret = fcntl(fd, command, first);

    if (ret < 0 && errno == EINVAL)
        errno = EMFILE;
    return ret;
}

static int child_move_fds(const struct spawn_spec *spec, int moved[])
{
    for (size_t i = 0; i < spec->fd_count; i++) {
        moved[i] = move_up(spec->fds[i].from, F_DUPFD, FIRST_FREE_FD);
        if (moved[i] < 0)
            return -1;
    }
    int null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0)
        return -1;
    for (size_t i = 0; i < spec->fd_count; i++)
        if (dup2(moved[i], spec->fds[i].to) < 0)
            return -1;
    return 0;
}

static bool is_target(const struct spawn_spec *spec, int fd)
{
    for (size_t i = 0; i < spec->fd_count; i++)
        if (spec->fds[i].to == fd)
            return true;
    return fd <= STDERR_FILENO;
}

/* Descriptors that this process has inherited without CLOEXEC would reach the program. */
static int close_others(const struct spawn_spec *spec, int report)
{
    for (int fd = 0; fd < FIRST_FREE_FD; fd++)
        if (!is_target(spec, fd))
            (void)close(fd);
    if (report > FIRST_FREE_FD && fds_close_between(FIRST_FREE_FD, (unsigned)report - 1) < 0)
        return -1;
    return fds_close_between((unsigned)report + 1, ~0U);
}

static void child_exec(const struct spawn_spec *spec, int moved[], int report)
{
    int high = move_up(report, F_DUPFD_CLOEXEC, FIRST_FREE_FD + (int)spec->fd_count);

    if (high >= 0 && child_move_fds(spec, moved) == 0 && close_others(spec, high) == 0) {
        if (!spec->same_session)
            (void)setsid(); /* the terminal's signals are for the driver, which then decides */
        sig_reset_handlers();
        (void)sig_restore_mask(NULL);
        (void)execve(spec->path, spec->argv, spec->envp ? spec->envp : environ);
    }
    int saved = errno;
    /* `report` itself may be closed by now, but not when there is no duplicate of it. */
    (void)!write(high < 0 ? report : high, &saved, sizeof(saved));
    _exit(127);
}

int spawn_program(const struct spawn_spec *spec, pid_t *ret_pid, struct err *err)
{
    int report[2];
    int exec_errno = 0;
    int ret = make_pipe(report, err);

    if (ret < 0)
        return ret;
    auto_free int *moved = xcalloc(spec->fd_count + 1, sizeof(*moved));
    auto_close int read_end = report[0];
    pid_t pid = fork();
    if (pid == 0)
        child_exec(spec, moved, report[1]);
    int saved = errno;
    (void)close(report[1]);
    if (pid < 0)
        return err_errno(err, saved, "cannot fork");
    if (read_full(read_end, &exec_errno, sizeof(exec_errno)) == (ssize_t)sizeof(exec_errno)) {
        (void)retry_eintr(waitpid(pid, NULL, 0));
        return err_errno(err, exec_errno, "cannot run '%s'", spec->path);
    }
    *ret_pid = pid;
    return 0;
}
