/*
 * Client of GNU make's jobserver: a pipe or fifo that has one byte for every job that may be
 * started, besides the one job that each recipe may run anyway.
 *
 *     jobserver_parse ─> jobserver_open ─> jobserver_acquire ─> jobserver_release … ─> jobserver_close
 *
 * The rules are those of "POSIX Jobserver Interaction" in make's manual. What clients get wrong in
 * practice is kept here as well: the very byte that was read is written back; the flags of the
 * shared pipe are never changed (a second open file description is made non-blocking instead); a
 * readable descriptor is not a token yet, because another client may be faster.
 *
 * Tokens are written back on every way out of the process that can be caught: by
 * jobserver_release(), and, from a table of what is held, at exit() and at the signals of a crash
 * (SIGSEGV, SIGABRT …). After SIGKILL the tokens that were held are lost to make.
 *
 * jobserver_acquire and jobserver_release: any thread. The rest: while there is one thread.
 */
#pragma once

#include "base/err.h"

enum jobserver_style {
    JOBSERVER_NONE,     /* not below make, or below one without -j */
    JOBSERVER_PIPE,     /* R,W */
    JOBSERVER_FIFO,     /* fifo:PATH, make 4.4 */
    JOBSERVER_DISABLED, /* -2,-2: make 4.4 for a recipe without "+" */
    JOBSERVER_UNKNOWN   /* another one, perhaps of a newer make */
};

/* What MAKEFLAGS says. */
struct jobserver_flags {
    enum jobserver_style style;
    int read_fd, write_fd; /* pipe */
    char *path;            /* fifo; owned */
    int jobs;              /* N of -jN; 0: none is given */
    bool dry_run;          /* make -n */
};

#define JOBSERVER_FLAGS_INIT                                                                       \
    {                                                                                              \
        .read_fd = -1, .write_fd = -1                                                              \
    }
#define auto_jobserver_flags __attribute__((cleanup(jobserver_flags_release)))

/*
 * Never fails: words that it does not know are ignored. makeflags may be NULL. *ret_flags must be
 * initialised.
 */
void jobserver_parse(const char *makeflags, struct jobserver_flags *ret_flags);
void jobserver_flags_release(struct jobserver_flags *flags);

struct jobserver {
    int read_fd, write_fd; /* our own, non-blocking; the same one for a fifo */
};

#define JOBSERVER_INIT                                                                             \
    {                                                                                              \
        .read_fd = -1, .write_fd = -1                                                              \
    }

/*
 * Opens the jobserver that the flags name. -ERR_ENVIRONMENT with a hint when this process does not
 * have it: a recipe without "+" sees the variable, but its descriptors are closed, or something
 * else has their numbers. To be called before this process opens pipes of its own.
 */
int jobserver_open(const struct jobserver_flags *flags, struct jobserver *ret_server,
                   struct err *err);
void jobserver_close(struct jobserver *server); /* accepts one that was never opened */
bool jobserver_is_open(const struct jobserver *server);

/*
 * The right to run one job. IMPLICIT needs no token: the one job of the recipe itself, or every job
 * of a run that has no jobserver.
 */
enum job_slot_kind { JOB_SLOT_NONE, JOB_SLOT_IMPLICIT, JOB_SLOT_BYTE };

struct job_slot {
    enum job_slot_kind kind;
    int index; /* of a BYTE in the table of held bytes */
};

/* Reads a token if there is one now; does not block. True: *ret_slot is a BYTE. */
bool jobserver_acquire(struct jobserver *server, struct job_slot *ret_slot);
/* Writes a BYTE back and makes the slot NONE. Does nothing with the other kinds. */
void jobserver_release(struct job_slot *slot);
/* Writes back everything that is held. Async-signal-safe. */
void jobserver_release_all(void);
