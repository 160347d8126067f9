/* Runs a function in a child process with limits, and takes what it writes. */
#include "content/guarded.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "system/fds.h"
#include "sandbox/fork.h"

/* A sanitizer's own memory is address space that a limit would count. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { STATUS_REFUSED = 3 }; /* a sanitizer ends with 1 */

static void limit(int what, rlim_t value)
{
    struct rlimit now;

    if (getrlimit(what, &now) < 0)
        return;
    if (now.rlim_max < value)
        value = now.rlim_max;
    now.rlim_cur = now.rlim_max = value;
    (void)setrlimit(what, &now); /* lowering is always allowed */
}

/* What the process has now, as RLIMIT_AS counts it: in pages, the first number of statm. */
static uint64_t address_space(void)
{
    auto_str struct str text = STR_INIT;
    uint64_t pages = 0;

    if (read_file("/proc/self/statm", 4096, &text, NULL) < 0)
        return 0;
    for (const char *p = text.buf; *p >= '0' && *p <= '9'; p++)
        pages = pages * 10 + (uint64_t)(*p - '0');
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static _Noreturn void run_child(int (*read)(void *arg, int out_fd), void *arg, int out_fd,
                                const struct guarded_limits *limits)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int keep[] = {out_fd, STDERR_FILENO};
    (void)fds_close_except(keep, 2, NULL); /* what stays open is only open for longer */
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
    limit(RLIMIT_CPU, (rlim_t)limits->seconds);
    if (!SANITIZED)
        limit(RLIMIT_AS, (rlim_t)(address_space() + limits->memory_bytes));
    sandbox_exit(read(arg, out_fd) < 0 ? STATUS_REFUSED : 0);
}

static const char *reason(int status)
{
    if (WIFEXITED(status))
        return WEXITSTATUS(status) == STATUS_REFUSED ? "it is damaged" : "its reader failed";
    switch (WTERMSIG(status)) {
    case SIGXCPU:
    case SIGKILL:
        return "its reader ran out of time";
    case SIGABRT:
        return "its reader ran out of memory";
    default:
        return "its reader crashed";
    }
}

/* The rest of the pipe; -EFBIG beyond the limit, -ERR_TIMEOUT at the deadline. */
static int drain(int fd, size_t max, int64_t deadline_ms, struct str *out, struct err *err)
{
    char buf[65536];
    size_t before = out->len;

    for (;;) {
        int ret = wait_readable(fd, -1, deadline_ms, err);
        if (ret < 0)
            return ret;
        ssize_t n = retry_eintr(read(fd, buf, sizeof(buf)));
        if (n < 0)
            return err_errno(err, errno, "cannot read from a reader's pipe");
        if (n == 0)
            return 0;
        if ((size_t)n > max - (out->len - before))
            return err_set(err, -EFBIG, "it holds more than can be looked at");
        str_append(out, buf, (size_t)n);
    }
}

static int collect(pid_t pid, int fd, const struct guarded_limits *limits, struct str *out,
                   struct err *err)
{
    auto_err struct err cause = ERR_INIT;
    int64_t deadline = clock_ms() + (int64_t)limits->seconds * 4000;
    int ret = drain(fd, limits->max_output, deadline, out, &cause), status = 0;

    if (ret < 0)
        (void)kill(pid, SIGKILL);
    if (retry_eintr(waitpid(pid, &status, 0)) < 0)
        return err_errno(err, errno, "cannot wait for a reader");
    if (ret == -EFBIG)
        return err_set(err, ERR_FORMAT, "%s", cause.message);
    if (ret < 0 && ret != -ERR_TIMEOUT) {
        err_move(err, &cause);
        return ret;
    }
    return status ? err_set(err, ERR_FORMAT, "%s", reason(status)) : 0;
}

int guarded_run(int (*read)(void *arg, int out_fd), void *arg, const struct guarded_limits *limits,
                struct str *out, struct err *err)
{
    int fds[2], ret = make_pipe(fds, err);

    if (ret < 0)
        return ret;
    auto_close int read_end = fds[0];
    auto_close int write_end = fds[1];
    pid_t pid = sandbox_fork(NULL);
    if (pid < 0)
        return err_errno(err, errno, "cannot start a reader");
    if (pid == 0)
        run_child(read, arg, steal_fd(&write_end), limits);
    close_fd(&write_end);
    return collect(pid, read_end, limits, out, err);
}
