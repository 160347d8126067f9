/*
 * One engine job from request to end, on the calling thread: sends the request, then one ppoll over
 * the job's channels, its output, its pidfd, the cancel descriptor and the deadline.
 *
 *   request ─> started (pidfd) ─> frames … ─> end of the channel ─> end of the output ─> done
 *        deadline or cancel: SIGTERM to the supervisor, which ends the tree; after a grace SIGKILL
 *
 * The job is over when its process is gone and its descriptors are at their end; what still holds
 * the output open then (locked mode, an escaped grandchild) is cut off after a short grace.
 */
#pragma once

#include "system/cancel.h"
#include "system/frame.h"
#include "system/lock.h"
#include "jobs/engine.h"
#include "jobs/job_log.h"

struct job;

/*
 * A frame of the job. `trusted` is false for what comes from inside a sandbox. The handler may take
 * fds and msg (steal) and may answer with job_send. A negative result ends the job with that error.
 */
typedef int job_frame_fn(void *arg, struct job *job, struct frame *frame, bool trusted,
                         struct err *err);

enum { JOB_OWN_FDS = 4, JOB_MAX_FDS = FRAME_MAX_FDS - JOB_OWN_FDS };

struct job_spec {
    struct engine *engine;
    const json_t *request;
    bool sandboxed;           /* has a hooks channel besides */
    struct job_log *log;      /* may be NULL: the output is dropped */
    const struct lock *claim; /* sandboxed: held as long as anybody of the tree lives; or NULL */
    const int *fds;           /* more descriptors for the child, behind the job's own; borrowed */
    size_t fd_count;          /* at most JOB_MAX_FDS */
    const struct cancel *cancel;
    const struct cancel *stop; /* the same for this job alone; or NULL */
    int64_t timeout_ms;        /* 0: none */
    job_frame_fn *on_frame;
    void *arg;
};

/* Runs the job. -ERR_TIMEOUT, -ERR_CANCELLED, -ERR_PROTOCOL, or what on_frame returned. */
int job_run(const struct job_spec *spec, struct err *err);

/* From within on_frame only. */
int job_send(struct job *job, json_t *msg, struct err *err);
