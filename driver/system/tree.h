/*
 * Ending process trees. A descendant that has called setsid(), or whose parent is dead, is reached
 * in one of two ways: by the end of its pid namespace (sandbox/sandbox.h), or by a subreaper: the
 * kernel makes an orphan a child of the nearest ancestor that has asked for that.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"

/* Makes this process the parent of every descendant that loses its own. Not inherited by fork. */
int tree_become_subreaper(struct err *err);

/*
 * Kills and reaps every child of this process, and the orphans that become its children then, until
 * none is left. For a subreaper that is the whole tree. No child survives, not even a stopped one.
 * `ended` (may be NULL) is called for each of them with its wait status.
 */
void tree_end(void (*ended)(pid_t pid, int status, void *arg), void *arg);

/*
 * Asks every child to end (SIGTERM), waits until they have ended or the deadline has passed, then
 * calls tree_end(). For children that must first end trees of their own.
 */
void tree_stop(int64_t deadline_ms);

/* Reaps the children that have ended, without waiting. */
void tree_reap(void (*ended)(pid_t pid, int status, void *arg), void *arg);

/*
 * The children of all threads of this process, with those that wait to be reaped. The caller frees.
 */
size_t tree_children(pid_t **ret_pids);

/* A CLOEXEC pidfd of a child, or negative errno. */
int tree_pidfd(pid_t pid);
/* Sends a signal through a pidfd: 0, or negative errno (-ESRCH: it has ended). */
int tree_signal(int pidfd, int signal_number);
/* Waits for a child and reaps it: 0 and its wait status, -ETIMEDOUT, or a negative errno. */
int tree_wait(int pidfd, int64_t deadline_ms, int *ret_status);
