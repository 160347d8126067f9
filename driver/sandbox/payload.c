/*
 * C: gives up everything that the build shall not have, then runs it. The conversation with B on
 * `sync`, one byte or one line each:
 *
 *     C → B  'm'            made my user namespace (only when B is a real root)
 *     B → C  'k'            mapped
 *     C → B  end of file    ready, body() runs now; or 'e' and a line: what went wrong
 */
#include "sandbox/payload.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/io.h"
#include "system/fds.h"
#include "system/sig.h"

static int enter_user_namespace(int sync, struct err *err)
{
    char answer = 0;

    if (unshare(CLONE_NEWUSER) < 0)
        return err_errno(err, errno, "cannot make a user namespace");
    if (write_full(sync, "m", 1) < 0 || read_full(sync, &answer, 1) != 1 || answer != 'k')
        return err_set(err, ERR_CANCELLED, "the sandbox is gone");
    return sandbox_become_builder(err);
}

static int become_nobody_special(const struct sandbox_payload *payload, struct err *err)
{
    int ret = 0;

    if (payload->spec->mode == SANDBOX_NAMESPACES) {
        if (payload->ids->privileged)
            ret = enter_user_namespace(payload->sync, err);
        if (ret == 0)
            ret = sandbox_drop_capabilities(err);
    }
    if (ret == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        ret = err_errno(err, errno, "cannot give up new privileges");
    return ret;
}

/* The session has no terminal, so nobody's keyboard buffer can be written (TIOCSTI). */
static int leave_session(struct err *err)
{
    if (setsid() < 0)
        return err_errno(err, errno, "cannot start a session");
    /* The keys of the user's session (Kerberos, encrypted disks) stay outside. */
    (void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING,
                  NULL); /* not every kernel has keyrings */
    return 0;
}

static rlim_t at_most(rlim_t limit, rlim_t most)
{
    return limit == RLIM_INFINITY || limit > most ? most : limit;
}

/*
 * What configure scripts and build systems ask for (the length of a command line follows the stack's
 * limit) is the same in every build; a lower limit of the caller's stays. No core files.
 */
static int fix_limits(struct err *err)
{
    static const struct {
        int resource;
        rlim_t soft, hard;
    } limits[] = {
        {RLIMIT_CORE, 0, 0},
        {RLIMIT_STACK, 8 << 20, RLIM_INFINITY},
        {RLIMIT_NOFILE, 1024, 65536},
    };

    for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
        struct rlimit now;
        if (guard_is_off("limits") && limits[i].resource != RLIMIT_CORE)
            continue;
        if (getrlimit(limits[i].resource, &now) < 0)
            return err_errno(err, errno, "cannot read a resource limit");
        now.rlim_max = at_most(now.rlim_max, limits[i].hard);
        now.rlim_cur = at_most(now.rlim_max, limits[i].soft);
        if (setrlimit(limits[i].resource, &now) < 0)
            return err_errno(err, errno, "cannot set a resource limit");
    }
    return 0;
}

/* After the change of identity, which clears it. B may be gone by now: then end here. */
static int die_with_parent(const struct sandbox_payload *payload, struct err *err)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        return err_errno(err, errno, "cannot ask for the parent's end");
    if (getppid() != payload->parent)
        return err_set(err, ERR_CANCELLED, "the sandbox is gone");
    return 0;
}

static int keep_only(const struct sandbox_payload *payload, struct err *err)
{
    int keep[8] = {0, 1, 2, payload->sync};
    size_t count = 4;

    if (payload->io->keep_count > ARRAY_SIZE(keep) - count)
        BUG("too many descriptors for a payload");
    for (size_t i = 0; i < payload->io->keep_count; i++)
        keep[count++] = payload->io->keep_fds[i];
    return fds_close_except(keep, count, err);
}

static int prepare(const struct sandbox_payload *payload, struct err *err)
{
    int ret;

    if ((ret = keep_only(payload, err)) < 0 || (ret = leave_session(err)) < 0 ||
        (ret = fix_limits(err)) < 0 || (ret = become_nobody_special(payload, err)) < 0 ||
        (ret = die_with_parent(payload, err)) < 0)
        return ret;
    if (chdir(payload->job_path) < 0)
        return err_errno(err, errno, "cannot enter the job directory");
    return sig_restore_mask(err);
}

/*
 * Programs of the build lie at the same addresses each time: some put the order of addresses into
 * what they write. A container's filter may forbid it; then those programs differ.
 */
static void fix_addresses(void)
{
    enum { ASK = 0xffffffff };
    int now = personality(ASK); /* keeps the rest of it: linux32 */

    if (now >= 0 && !guard_is_off("aslr"))
        (void)personality((unsigned long)now | ADDR_NO_RANDOMIZE);
}

void sandbox_payload_main(const struct sandbox_payload *payload)
{
    auto_err struct err err = ERR_INIT;
    int sync = payload->sync;

    if (prepare(payload, &err) < 0) {
        (void)write_full(sync, "e", 1); /* B hears of the end in any case */
        (void)write_full(sync, err.message, strlen(err.message));
        sandbox_exit(1);
    }
    close_fd(&sync);
    fix_addresses();
    if (guard_is_off("umask"))
        (void)umask(payload->outside_umask);
    sandbox_exit(payload->body(payload->arg));
}
