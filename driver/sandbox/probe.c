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
#include "system/safe_dir.h"
#include "sandbox/fork.h"
#include "sandbox/memory.h"
#include "sandbox/sandbox.h"
#include "sandbox/spec.h"

enum { PROBE_MS = 20000 };

static int do_nothing(void *arg UNUSED)
{
    return 0;
}

static bool reads_as(const char *path, char value)
{
    auto_str struct str text = STR_INIT;

    return read_file(path, 64, &text, NULL) == 0 && text.len && text.buf[0] == value;
}

/* What to change on this machine when it refuses; NULL: not known. */
static const char *find_hint(void)
{
    if (reads_as("/proc/sys/user/max_user_namespaces", '0'))
        return "user namespaces are switched off: sysctl user.max_user_namespaces=15000";
    if (reads_as("/proc/sys/kernel/unprivileged_userns_clone", '0'))
        return "user namespaces are for root only: sysctl kernel.unprivileged_userns_clone=1";
    if (reads_as("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1'))
        return "AppArmor restricts user namespaces: sysctl "
               "kernel.apparmor_restrict_unprivileged_userns=0, or a profile for truewheel";
    if (access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0)
        return "the container forbids it: run it with --security-opt seccomp=unconfined "
               "--security-opt systempaths=unconfined";
    return NULL;
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

/* From the last frame: it is an exit with status 0, or it says what went wrong. */
static void set_namespaces(const json_t *msg, struct sandbox_caps *caps)
{
    const char *message = json_string_value(json_object_get(msg, "message"));
    const char *hint = json_string_value(json_object_get(msg, "hint"));

    caps->namespaces = str_eq(json_string_value(json_object_get(msg, "t")), "exit") &&
                       json_integer_value(json_object_get(msg, "status")) == 0 &&
                       json_integer_value(json_object_get(msg, "signal")) == 0;
    if (caps->namespaces)
        return;
    hint = hint ? hint : find_hint();
    caps->reason = xstrdup(message ? message : "the trial sandbox did not work");
    caps->hint = hint ? xstrdup(hint) : NULL;
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
    } while (got == FRAME_READY &&
             str_eq(json_string_value(json_object_get(frame.msg, "t")), "started"));
    set_namespaces(frame.msg, caps);
    return 0;
}

static int probe_namespaces(const char *root, int stop_fd, struct sandbox_caps *caps,
                            struct err *err)
{
    auto_sandbox_spec struct sandbox_spec spec = {.mode = SANDBOX_NAMESPACES,
                                                  .root = xstrdup(root),
                                                  .dir = xstrdup("probe-0"),
                                                  .tmpfs = true};
    int socks[2];
    int ret = frame_socketpair(socks, err);

    if (ret < 0)
        return ret;
    pid_t pid = fork_probe(&spec, socks[1]);
    int saved = errno;
    close_fd(&socks[1]);
    if (pid < 0) {
        close_fd(&socks[0]);
        return err_errno(err, saved, "cannot fork");
    }
    ret = read_answer(socks[0], stop_fd, caps, err);
    if (ret < 0)
        (void)kill(pid, SIGKILL); /* stopped: do not wait for its orderly end */
    close_fd(&socks[0]);          /* its supervisor then ends a sandbox that hangs */
    (void)retry_eintr(waitpid(pid, NULL, 0));
    return ret;
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
    caps.fixed_addresses = can_fix_addresses();
    caps.memory_bytes = sandbox_memory_available();
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
