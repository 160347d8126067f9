/*
 * Signals as descriptors. The driver blocks the signals that it handles before its first thread
 * starts, and reads them from one signalfd in the main thread. Children get the mask that the
 * process was started with: otherwise every compiler would run with SIGINT blocked.
 */
#pragma once

#include <signal.h>

#include "base/err.h"

/* The signals that a process gets when it crashes: SIGSEGV, SIGABRT and the like. */
enum { SIG_CRASH_COUNT = 7 };
extern const int sig_crashes[SIG_CRASH_COUNT];

/*
 * Remembers the current mask as the one for children and blocks every signal that can be blocked,
 * except those of a crash. Forks inherit what is remembered; a later call, also in a fork, does not
 * change it.
 */
int sig_block_all(struct err *err);

/*
 * Unblocks the signals by which a terminal stops the process (Ctrl-Z, reading and writing in the
 * background), unless they were blocked before sig_block_all().
 */
int sig_allow_stops(struct err *err);

/* The mask from before sig_block_all(), with which children start. */
const sigset_t *sig_original_mask(void);
int sig_restore_mask(struct err *err);

/*
 * A CLOEXEC, non-blocking signalfd for these signals (a list that ends with 0), which are blocked.
 */
int sig_open_fd(const int *signals, int *ret_fd, struct err *err);
/* The next signal, 0 when there is none. */
int sig_read(int fd);

/*
 * In a child before exec: sets every handler to its default. Ignored signals stay ignored, except
 * SIGPIPE and SIGCHLD: programs that inherit those as ignored do not work as they should.
 */
void sig_reset_handlers(void);
