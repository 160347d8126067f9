/*
 * Signals as descriptors. The driver blocks what it handles before its first thread starts and reads
 * it from one signalfd in the main thread; children get the mask back that the process was started
 * with, or every compiler would run with SIGINT blocked.
 */
#pragma once

#include <signal.h>

#include "base/err.h"

/*
 * Remembers the current mask as the one for children, once per process tree (later calls keep the
 * first), and blocks every signal that can be blocked save those of the program's own mistakes
 * (SIGSEGV and the like). The remembered mask is inherited by forks.
 */
int sig_block_all(struct err *err);

/*
 * Lets the terminal stop this thread's process again (Ctrl-Z, background reads and writes), unless
 * that was blocked before sig_block_all.
 */
int sig_allow_stops(struct err *err);

/* The mask from before sig_block_all; what children shall start with. */
const sigset_t *sig_original_mask(void);
int sig_restore_mask(struct err *err);

/* A CLOEXEC, non-blocking signalfd for these signals (0-terminated list), which must be blocked. */
int sig_open_fd(const int *signals, int *ret_fd, struct err *err);
/* The next signal, 0 when there is none. */
int sig_read(int fd);

/*
 * In a child before exec: every handler to its default. Ignored signals stay ignored, except SIGPIPE
 * and SIGCHLD, whose inherited disregard breaks programs.
 */
void sig_reset_handlers(void);
