/*
 * Ending process trees. Two ways lead to a descendant that called setsid() or whose parent is dead:
 * a pid namespace (see sandbox.h), and a subreaper: the kernel gives orphans to the nearest ancestor
 * that asked for them, where they are found as children.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"

/* Makes this process the parent of every descendant that loses its own. Not inherited by fork. */
int tree_become_subreaper(struct err *err);

/*
 * Kills and reaps every child of this process, and whatever then lands here, until nothing is left.
 * For a subreaper that is the whole tree. Any children: nothing may be alive that shall stay.
 * Stopped processes die too. `ended` (may be NULL) is called for each with its wait status.
 */
void tree_end(void (*ended)(pid_t pid, int status, void *arg), void *arg);

/*
 * Asks every child to end by itself (SIGTERM), waits until these have ended or the deadline, then
 * tree_end. For children that have trees of their own to end, in an order of their own.
 */
void tree_stop(int64_t deadline_ms);

/* Reaps what has ended, without waiting. */
void tree_reap(void (*ended)(pid_t pid, int status, void *arg), void *arg);

/* The children of this process, of all its threads. Ended but unreaped ones count. The caller frees. */
size_t tree_children(pid_t **ret_pids);

/* A CLOEXEC pidfd of a child, or negative errno. */
int tree_pidfd(pid_t pid);
/* Sends a signal through a pidfd: 0, or negative errno (-ESRCH: it has ended). */
int tree_signal(int pidfd, int signal_number);
/* Waits for a child by its pidfd and reaps it: 0 and its wait status, -ETIMEDOUT, or negative errno. */
int tree_wait(int pidfd, int64_t deadline_ms, int *ret_status);
