/*
 * Client of GNU make's jobserver: a pipe or fifo with one byte in it for every job that may be
 * started besides the one that each recipe may run anyway.
 *
 *     jobserver_parse ─> jobserver_open ─> jobserver_acquire ─> jobserver_release … ─> jobserver_close
 *
 * The rules are those of "POSIX Jobserver Interaction" in make's manual, and what goes wrong in
 * practice: the same byte goes back that came; the shared pipe's own flags are never touched (a
 * second open file description is made non-blocking instead); a readable descriptor is no token yet.
 *
 * Tokens go back on every way out of the process that can be caught: jobserver_release in the
 * ordinary case, and a table of what is held for exit() and for the signals of our own mistakes
 * (SIGSEGV, SIGABRT …). After SIGKILL the tokens that were held are lost to make.
 *
 * acquire and release: any thread. The rest: before the first and after the last.
 */
#pragma once

#include "base/err.h"

enum jobserver_style {
    JOBSERVER_NONE,     /* not below make, or below one without -j */
    JOBSERVER_PIPE,     /* R,W */
    JOBSERVER_FIFO,     /* fifo:PATH, make 4.4 */
    JOBSERVER_DISABLED, /* -2,-2: make 4.4 for a recipe without "+" */
    JOBSERVER_UNKNOWN   /* of a make to come */
};

/* What MAKEFLAGS says. */
struct jobserver_flags {
    enum jobserver_style style;
    int read_fd, write_fd; /* pipe */
    char *path;            /* fifo; owned */
    int jobs;              /* N of -jN; 0 when it is not said */
    bool dry_run;          /* make -n */
};

#define JOBSERVER_FLAGS_INIT                                                                       \
    {                                                                                              \
        .read_fd = -1, .write_fd = -1                                                              \
    }
#define auto_jobserver_flags __attribute__((cleanup(jobserver_flags_release)))

/* Never fails: what is not understood is not there. makeflags may be NULL. *ret: initialised. */
void jobserver_parse(const char *makeflags, struct jobserver_flags *ret);
void jobserver_flags_release(struct jobserver_flags *flags);

struct jobserver {
    int read_fd, write_fd; /* our own, non-blocking; the same one for a fifo */
};

#define JOBSERVER_INIT                                                                             \
    {                                                                                              \
        .read_fd = -1, .write_fd = -1                                                              \
    }

/*
 * Joins. Fails (-ERR_ENVIRONMENT, with a hint) when what the flags name is not a jobserver in this
 * process: recipes without "+" see the variable but have lost the descriptors, or have something else
 * at their numbers. Must come before this process opens pipes of its own.
 */
int jobserver_open(const struct jobserver_flags *flags, struct jobserver *ret, struct err *err);
void jobserver_close(struct jobserver *server); /* accepts one that was never opened */
bool jobserver_is_open(const struct jobserver *server);

/*
 * The right to run one job. IMPLICIT is what needs no token: the recipe's own, or any of a run that
 * has no jobserver above it.
 */
enum job_slot_kind { JOB_SLOT_NONE, JOB_SLOT_IMPLICIT, JOB_SLOT_BYTE };

struct job_slot {
    enum job_slot_kind kind;
    int index; /* BYTE: its place in the table of what is held */
};

/* Takes a token when there is one now: true and a BYTE. Does not block. */
bool jobserver_acquire(struct jobserver *server, struct job_slot *ret);
/* Gives a BYTE back; *slot is NONE afterwards. Does nothing with the other kinds. */
void jobserver_release(struct job_slot *slot);
/* Everything that is held, in whatever state the process is; async-signal-safe. */
void jobserver_release_all(void);
