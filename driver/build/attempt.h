/*
 * What the build*.c files share: one attempt of one build, on one worker thread, which owns all of
 * it. Nobody else includes this, but the unit tests.
 *
 *     build.c   the order of things, logs, slots and locks
 *     request.c the sandbox and what is asked of the engine
 *     claims.c what the build and its supervisor say while it runs
 *     told.c   what the build was told of clock and chance, and whether the wheel holds it
 *     result.c whether it is a wheel, and its normal form
 *     explain.c why it failed, and what the user can do
 */
#pragma once

#include "base/json.h"
#include "jobs/job.h"
#include "build/builder.h"

/* One attempt of one build, from its start on a worker to what the supervisor said at the end. */
struct attempt {
    struct builder *builder;
    struct build *build;
    struct sandbox_spec spec;
    struct job_log log;
    struct cancel stop; /* requested when nobody wants the wheel any more */
    int64_t start_ms;
    int64_t start_s;            /* seconds since 1970 */
    struct build_result result; /* filled as it becomes known */
    struct slot_lease lease;    /* while the hooks run */
    struct budget_share share;  /* of memory */
    uint64_t oom_kills;         /* of the machine, when it began; see note_kills() */
    char *work_host;            /* a directory of this attempt; NULL when it lives in memory */
    /* what the inside claims */
    char phase[16];
    struct strv missing;
    char *wheel_name;
    char *error;
    bool warned;
    bool lacks_installed; /* error is about the interpreter's own distributions */
    int64_t clock_start;  /* of the settled clock, seconds since 1970; 0: unknown */
    struct strv chance;   /* random bytes that it was given, as hexadecimal digits */
    /* what the supervisor says */
    bool ended;
    bool saw_missing;
    bool starts_again; /* with the network, which its name has got it */
    int status, signal;
    struct strv files; /* names in out/ */
    int wheel_fd;
};

#define ATTEMPT_INIT                                                                               \
    {                                                                                              \
        .log = JOB_LOG_INIT, .lease = SLOT_LEASE_INIT, .wheel_fd = -1, .phase = "start", .stop = { \
            .fd = -1                                                                               \
        }                                                                                          \
    }

/* --- request.c --- */

/* The variables (NAME=VALUE) that it gets by --env and by settings; a later one counts more. */
void attempt_env(const struct attempt *a, struct strv *ret_env);
/* How long it may take, by its settings or as all builds may; 0: as long as it takes. */
int64_t attempt_time_limit(const struct attempt *a);
/* Fills a->spec; may make a->work_host. */
int attempt_prepare(struct attempt *a, struct err *err);
/* The engine's build request, for a prepared attempt. A new object. */
json_t *attempt_request(const struct attempt *a);

/* --- claims.c --- */

/* The job_frame_fn of an attempt (arg). */
int attempt_on_frame(void *arg, struct job *job, struct frame *frame, bool trusted,
                     struct err *err);

/* --- told.c --- */

/* The claim `told`. */
void attempt_take_told(struct attempt *a, const json_t *msg);
/*
 * After the job, when there is a wheel: notes and says what it holds that the next build's will
 * not.
 */
void attempt_find_traces(struct attempt *a);

/* --- result.c --- */

/* After the job: 0 when there is a wheel, or a->saw_missing. */
int attempt_judge(const struct attempt *a, struct err *err);
/* The wheel in normal form, in the run directory. */
int attempt_normalise(struct attempt *a, struct wheel_file *ret_wheel, struct err *err);

/* --- explain.c --- */

/*
 * Of a failed attempt: closes its log and keeps it, and adds to the error its cause, what the user can do
 * and the part of the log that shows it.
 */
void attempt_explain(struct attempt *a, struct err *err);
