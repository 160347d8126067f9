/*
 * How the processes of a sandbox are made and how they end: fork() with hooks around it, for the
 * Python of the engine that owns the process, and _exit() that keeps coverage data.
 */
#pragma once

#include <sys/types.h>

/*
 * Called around every fork: PyOS_BeforeFork, PyOS_AfterFork_Parent, PyOS_AfterFork_Child. Members
 * may be NULL. `parent` is also called when the fork has failed.
 */
struct fork_hooks {
    void (*before)(void);
    void (*parent)(void);
    void (*child)(void);
};

/* fork() with the hooks around it (NULL: none); errno is that of fork(). */
pid_t sandbox_fork(const struct fork_hooks *hooks);
/* Flushes stdio, then ends like _exit(). */
_Noreturn void sandbox_exit(int status);
