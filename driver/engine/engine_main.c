/*
 * truewheel-engine-X.Y: embeds one CPython, imports pip once, then only forks.
 *
 *   exec'ed by the driver ── hello ──> interpreter up, pip imported ── greeting ──>
 *   loop: request + descriptors ── fork ──> child runs the job (engine/jobs.h)
 *   end of file on the control socket: the driver is done or dead; the engine ends its children,
 *   then itself. If it is killed, the kernel ends them (PR_SET_PDEATHSIG; sandboxes also watch the
 *   life pipe).
 *
 * There is never a second thread. The kernel reaps the children (SIGCHLD is ignored): the driver
 * follows them through their own channels and pidfds.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "base/clock.h"
#include "base/guard.h"
#include "base/json.h"
#include "system/private.h"
#include "system/tree.h"
#include "engine/jobs.h"
#include "engine/py_call.h"
#include "engine/py_init.h"

enum { STOP_MS = 3000 }; /* less than the driver waits for the engine to end (jobs/engine.c) */

static int start(const json_t *hello, json_t **ret_greeting, struct err *err)
{
    auto_free char *shim = json_bytes_in(hello, "shim");
    auto_free char *pip = json_bytes_in(hello, "pip");
    const char *version = json_string_value(json_object_get(hello, "truewheel"));
    auto_err struct err different = ERR_INIT;
    struct capture probe;

    if (!shim || !pip || !version)
        return err_set(err, ERR_PROTOCOL, "the greeting lacks 'shim', 'pip' or 'truewheel'");
    if (strcmp(version, TRUEWHEEL_VERSION) != 0)
        return err_set(err, ERR_ENVIRONMENT, "it is of truewheel %s, the program is truewheel %s",
                       TRUEWHEEL_VERSION, version);
    int ret = py_probe_start(TRUEWHEEL_ENGINE_PYTHON, &probe, err);
    if (ret < 0)
        return ret;
    ret = py_init(TRUEWHEEL_ENGINE_PYTHON, err);
    if (ret < 0) {
        capture_abandon(&probe);
        return ret;
    }
    ret = shim_preload(shim, pip, ret_greeting, err);
    int probed = py_probe_finish(TRUEWHEEL_ENGINE_PYTHON, &probe, &different);
    if (probed < 0) /* if pip could not be imported either, this is the reason */
        err_move(err, &different);
    return probed < 0 ? probed : ret;
}

/* Sends the greeting, or with NULL the error. */
static int answer(json_t *greeting, const struct err *err)
{
    if (!greeting)
        greeting =
            json_pack("{s:b, s:s, s:s}", "ok", 0, "error", err->message ? err->message : "failed",
                      "detail", err->detail ? err->detail : "");
    else
        (void)json_object_set_new(greeting, "ok", json_true());
    return frame_send_new(ENGINE_CONTROL_FD, greeting, NULL, 0, NULL);
}

/*
 * Ends the engine and the interpreter that it probes: the driver starts it in a group of its own.
 */
static void end_group(int signal UNUSED)
{
    if (getpgrp() == getpid())
        (void)kill(0, SIGKILL);
    _exit(1);
}

/*
 * While it starts, the engine may hang in an import or wait for an interpreter that hangs, and
 * would not see that the driver is gone: so it dies with the driver. Later it does not, because it
 * has to end its jobs first.
 */
static void end_with_driver(bool at_once)
{
    (void)signal(SIGTERM, at_once ? end_group : SIG_DFL);
    (void)prctl(PR_SET_PDEATHSIG, at_once ? SIGTERM : 0);
}

static int greet(struct frame_reader *reader, struct err *err)
{
    auto_frame struct frame hello = FRAME_INIT;
    json_t *greeting = NULL;

    int got = frame_wait(reader, DEADLINE_NEVER, &hello, err);
    if (got != FRAME_READY)
        return got < 0 ? got : err_set(err, ERR_PROTOCOL, "no greeting");
    int ret = start(hello.msg, &greeting, err);
    int sent = answer(ret < 0 ? NULL : greeting, err);
    return ret < 0 ? ret : sent;
}

static int serve(struct frame_reader *reader, struct err *err)
{
    for (;;) {
        auto_frame struct frame request = FRAME_INIT;
        int got = frame_wait(reader, DEADLINE_NEVER, &request, err);
        if (got == FRAME_EOF)
            return 0;
        if (got < 0)
            return got;
        if (job_fork(&request, err) < 0) {
            /* The driver reports it too: the job's channel is closed without a final frame. */
            (void)fprintf(stderr, "truewheel-engine: %s\n", err->message);
            err_release(err);
        }
    }
}

int main(int argc, char **argv)
{
    auto_err struct err err = ERR_INIT;
    auto_frame_reader struct frame_reader reader;

    if (argc != 2 || strcmp(argv[1], "serve") != 0) {
        (void)fprintf(stderr, "%s: started by truewheel, not by hand\n", argv[0]);
        return 2;
    }
    private_begin(); /* its children read credentials */
    /*
     * Builds may run as another user (sandbox/ids.h) and must be able to read what children make.
     */
    if (!guard_is_off("umask"))
        (void)umask(022);
    (void)tree_become_subreaper(NULL); /* if it fails, tree_stop() below misses orphans */
    frame_reader_init(&reader, ENGINE_CONTROL_FD, 0, FRAME_MAX_FDS);
    end_with_driver(true); /* if the driver is gone already, the next read sees it */
    int ret = greet(&reader, &err);
    end_with_driver(false);
    (void)signal(SIGCHLD, SIG_IGN); /* not before: the probe had to be waited for */
    if (ret == 0)
        ret = serve(&reader, &err);
    (void)signal(SIGCHLD, SIG_DFL);
    /*
     * Ends the jobs and what they have left behind: a git, a build in locked mode. The supervisors
     * of sandboxes are asked to end, so that they end their own trees first: they hold the lock on
     * the job directory, which is free when they are gone.
     */
    tree_stop(clock_ms() + STOP_MS);
    _exit(ret < 0);
}
