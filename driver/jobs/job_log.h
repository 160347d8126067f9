/*
 * The log file of one package: everything that its build printed, bounded. The first part and the
 * last part of a too long output are kept and the gap is named, so that a backend that prints
 * without end fills neither disk nor memory. Used by one thread at a time.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

enum {
    JOB_LOG_HEAD_BYTES = 16 << 20,  /* written as it comes */
    JOB_LOG_TAIL_BYTES = 256 << 10, /* the end of what comes after that */
    JOB_LOG_LINE_BYTES = 500
};

struct job_log {
    char *path; /* owned */
    int fd;
    size_t written;
    uint64_t dropped; /* bytes lost between head and tail */
    struct str tail;  /* the most recent output, at most twice JOB_LOG_TAIL_BYTES */
    int write_error;  /* first errno of a failed write; the build goes on */
    /* Set before the first write, or NULL: gets each line, its first JOB_LOG_LINE_BYTES. */
    void (*on_line)(void *arg, const char *line);
    void *arg;
    struct str line; /* that is not at its end */
};

#define JOB_LOG_INIT                                                                               \
    {                                                                                              \
        .fd = -1, .tail = STR_INIT, .line = STR_INIT                                               \
    }

/* Creates (truncates) the file 0644. */
int job_log_open(struct job_log *log, const char *path, struct err *err);
void job_log_write(struct job_log *log, const char *bytes, size_t len);
void job_log_note(struct job_log *log, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The last lines of the output, fit to print: control bytes replaced, and cut as on_line's. */
char *job_log_last_lines(const struct job_log *log, int lines);
/* Writes what is held back and closes the file; the tail stays for job_log_last_lines. */
void job_log_close(struct job_log *log);
void job_log_release(struct job_log *log);
