/* Makes a sandbox around nothing, to see whether that works here, and why when it does not. */
#include "sandbox/probe.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/str.h"
#include "system/frame.h"
#include "system/memory.h"
#include "system/safe_dir.h"
#include "sandbox/calls.h"
#include "sandbox/fork.h"
#include "sandbox/sandbox.h"
#include "sandbox/spec.h"

enum { PROBE_MS = 20000, RETRY_MS = 500 };

static int do_nothing(void *arg UNUSED)
{
    return 0;
}

static pid_t fork_probe(const struct sandbox_spec *spec, int channel)
{
    pid_t pid = fork();

    if (pid == 0) {
        struct sandbox_io io = {.channel = channel, .life = -1};
        sandbox_exit(sandbox_run(spec, &io, NULL, do_nothing, NULL));
    }
    return pid;
}

static void set_refusal(struct sandbox_caps *caps, int why, const char *reason, const char *hint)
{
    caps->refusal = sandbox_refusal_of(why);
    caps->reason = xstrdup(reason);
    caps->hint = hint ? xstrdup(hint) : sandbox_refusal_hint(why);
}

/* From the last frame (NULL: none came): it is an exit with status 0, or it says what went wrong. */
static void set_answer(const json_t *msg, struct sandbox_caps *caps)
{
    const char *message = json_string_value(json_object_get(msg, "message"));
    const char *hint = json_string_value(json_object_get(msg, "hint"));
    int why = (int)json_integer_value(json_object_get(msg, "errno"));

    caps->namespaces = str_eq(json_string_value(json_object_get(msg, "t")), "exit") &&
                       json_integer_value(json_object_get(msg, "status")) == 0 &&
                       json_integer_value(json_object_get(msg, "signal")) == 0;
    if (message)
        set_refusal(caps, why, message, hint);
    else if (!caps->namespaces) /* it was killed, or hangs */
        set_refusal(caps, ETIMEDOUT, "the trial sandbox did not answer", NULL);
}

static bool is_last(const json_t *msg)
{
    const char *type = json_string_value(json_object_get(msg, "t"));

    return str_eq(type, "exit") || str_eq(type, "error");
}

/* An error is only that it was stopped: everything else is the result of the probe. */
static int read_answer(int channel, int stop_fd, struct sandbox_caps *caps, struct err *err)
{
    auto_frame_reader struct frame_reader reader;
    auto_frame struct frame frame = FRAME_INIT;
    int64_t deadline = clock_ms() + PROBE_MS;
    int got;

    frame_reader_init(&reader, channel, 1 << 16, 1);
    do {
        frame_release(&frame);
        got = frame_wait_until(&reader, deadline, stop_fd, &frame, NULL);
        if (got == -ERR_CANCELLED)
            return err_set(err, ERR_CANCELLED, "stopped");
    } while (got == FRAME_READY && !is_last(frame.msg));
    set_answer(got == FRAME_READY ? frame.msg : NULL, caps);
    return 0;
}

static int probe_once(const struct sandbox_spec *spec, int stop_fd, struct sandbox_caps *caps,
                      struct err *err)
{
    int socks[2];
    int ret = frame_socketpair(socks, err);

    if (ret < 0)
        return ret;
    pid_t pid = fork_probe(spec, socks[1]);
    int saved = errno;
    close_fd(&socks[1]);
    if (pid < 0) {
        close_fd(&socks[0]);
        set_refusal(caps, saved, "cannot start a process", NULL);
        return 0;
    }
    ret = read_answer(socks[0], stop_fd, caps, err);
    if (ret < 0)
        (void)kill(pid, SIGKILL); /* stopped: do not wait for its orderly end */
    close_fd(&socks[0]);          /* its supervisor then ends a sandbox that hangs */
    (void)retry_eintr(waitpid(pid, NULL, 0));
    return ret;
}

/*
 * A shortage may be over at once: the namespaces of a sandbox that has just ended are freed a little
 * later, and no event tells when.
 */
static int probe_namespaces(const char *root, int stop_fd, struct sandbox_caps *caps,
                            struct err *err)
{
    auto_sandbox_spec struct sandbox_spec spec = {.mode = SANDBOX_NAMESPACES,
                                                  .root = xstrdup(root),
                                                  .dir = xstrdup("probe-0"),
                                                  .tmpfs = true};

    for (int wait_ms = 50;; wait_ms *= 2) {
        int64_t begin = clock_ms();
        int ret = probe_once(&spec, stop_fd, caps, err);
        if (ret < 0 || caps->namespaces || caps->refusal != SANDBOX_SHORTAGE ||
            wait_ms > RETRY_MS || clock_ms() - begin >= PROBE_MS)
            return ret;
        if (wait_readable(-1, stop_fd, clock_ms() + wait_ms, NULL) == -ERR_CANCELLED)
            return err_set(err, ERR_CANCELLED, "stopped");
        sandbox_caps_release(caps);
    }
}

/* Tries it in this process and sets it back. The seccomp filters of many containers refuse it. */
static bool can_fix_addresses(void)
{
    enum { ASK = 0xffffffff };
    int now = personality(ASK);

    if (now < 0)
        return false;
    if (now & ADDR_NO_RANDOMIZE)
        return true; /* it is so already, and inherited */
    if (personality((unsigned long)now | ADDR_NO_RANDOMIZE) < 0)
        return false;
    (void)personality((unsigned long)now);
    return true;
}

int sandbox_probe(const char *root, int stop_fd, struct sandbox_caps *ret_caps, struct err *err)
{
    struct sandbox_caps caps = {0};
    auto_err struct err lock_err = ERR_INIT;
    int ret = probe_namespaces(root, stop_fd, &caps, err);

    if (ret < 0) {
        sandbox_caps_release(&caps);
        return ret;
    }
    caps.lockable = safe_dir_check(root, &lock_err) == 0;
    if (!caps.lockable)
        caps.lock_reason = xstrdup(lock_err.message);
    caps.refuses_calls = sandbox_can_refuse_calls();
    caps.fixed_addresses = can_fix_addresses();
    caps.memory_bytes = memory_available();
    *ret_caps = caps;
    return 0;
}

void sandbox_caps_release(struct sandbox_caps *caps)
{
    free(caps->reason);
    free(caps->hint);
    free(caps->lock_reason);
    *caps = (struct sandbox_caps){0};
}
