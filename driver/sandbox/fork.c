/* How the processes of a sandbox are made and how they end. */
#include "sandbox/fork.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#ifdef TRUEWHEEL_COVERAGE
void __gcov_dump(void);
#endif

void sandbox_exit(int status)
{
    (void)fflush(NULL);
#ifdef TRUEWHEEL_COVERAGE
    __gcov_dump(); /* _exit does not */
#endif
    _exit(status);
}

pid_t sandbox_fork(const struct fork_hooks *hooks)
{
    if (hooks && hooks->before)
        hooks->before();
    pid_t pid = fork();
    int saved = errno;
    if (pid == 0 && hooks && hooks->child)
        hooks->child();
    if (pid != 0 && hooks && hooks->parent)
        hooks->parent();
    errno = saved;
    return pid;
}
