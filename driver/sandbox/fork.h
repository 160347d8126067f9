/*
 * How the processes of a sandbox are made and how they end: fork with the hooks of whoever owns the
 * process (the engine's Python) around it, _exit without losing coverage data.
 */
#pragma once

#include <sys/types.h>

/*
 * What to do around every fork: PyOS_BeforeFork, PyOS_AfterFork_Parent, PyOS_AfterFork_Child. Members
 * may be NULL. `parent` is also called when the fork failed.
 */
struct fork_hooks {
    void (*before)(void);
    void (*parent)(void);
    void (*child)(void);
};

/* fork() with the hooks around it. */
pid_t sandbox_fork(const struct fork_hooks *hooks);
_Noreturn void sandbox_exit(int status);
