/* A private directory for one test, below TMPDIR; and steps as another user. Header only. */
#pragma once

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"

enum { SCRATCH_STRANGER = 65533 }; /* a user that no test runs as */

struct scratch {
    char *path;
    int fd;
};

static inline int scratch_make(struct scratch *ret)
{
    const char *dir = getenv("TMPDIR");

    ret->path = xasprintf("%s/truewheel-test-XXXXXX", dir && dir[0] == '/' ? dir : "/tmp");
    if (!mkdtemp(ret->path))
        return -1;
    ret->fd = open(ret->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return ret->fd < 0 ? -1 : 0;
}

/* Until what is written to a file gets another time than what was written before. */
static inline void scratch_wait_for_tick(void)
{
    int64_t began_ns = clock_real_ns();

    while (clock_real_ns() - began_ns < 2 * CLOCK_TICK_NS)
        (void)sched_yield();
}

static inline int scratch_remove(struct scratch *scratch)
{
    int ret = remove_tree_at(AT_FDCWD, scratch->path, NULL);

    close_fd(&scratch->fd);
    free(scratch->path);
    return ret;
}

/* Runs step(arg) in a child that is `uid` and nothing else (root only). Its result, or -1. */
static inline int scratch_as_user(uid_t uid, int (*step)(void *arg), void *arg)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
            _exit(99);
        (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* or its own /proc files would stay root's */
        _exit(step(arg));
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return -1;
    return WEXITSTATUS(status);
}
