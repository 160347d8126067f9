/*
 * C: gives up everything that the build must not have, then runs it. What C and B say to each other
 * on `sync`:
 *
 *     C → B  'm'            I have made my user namespace (only when B is a real root)
 *     B → C  'k'            your uid is mapped
 *     C → B  end of file    body() runs now
 *     C → B  'e', errno and text   this went wrong
 */
#include "sandbox/payload.h"
#include "sandbox/refusal.h"

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
#include "sandbox/calls.h"

static int enter_user_namespace(int sync, struct err *err)
{
    char answer = 0;

    if (unshare(CLONE_NEWUSER) < 0)
        return err_errno(err, errno, "cannot make a user namespace");
    if (write_full(sync, "m", 1) < 0 || read_full(sync, &answer, 1) != 1 || answer != 'k')
        return err_set(err, ERR_CANCELLED, "the sandbox is gone");
    return sandbox_become_builder(err);
}

static int drop_privileges(const struct sandbox_payload *payload, struct err *err)
{
    int ret = 0;

    if (payload->spec->mode == SANDBOX_NAMESPACES) {
        if (payload->ids->privileged)
            ret = enter_user_namespace(payload->sync, err);
        /* cargo alone fetches, and init makes one more namespace in this user namespace after it */
        if (ret == 0 && payload->body != payload->io->fetch)
            ret = sandbox_forbid_nesting(payload->proc_sys, err);
        if (ret == 0)
            ret = sandbox_drop_capabilities(err);
    }
    if (ret == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        ret = err_errno(err, errno, "cannot give up new privileges");
    return ret == 0 ? sandbox_refuse_calls(err) : ret;
}

/* A session without a terminal: nothing can be written into a user's keyboard buffer (TIOCSTI). */
static int leave_session(struct err *err)
{
    if (setsid() < 0)
        return err_errno(err, errno, "cannot start a session");
    /*
     * Without the keys of the user's session (Kerberos, encrypted disks), if the kernel has keys.
     */
    (void)syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
    return 0;
}

static rlim_t at_most(rlim_t limit, rlim_t most)
{
    return limit == RLIM_INFINITY || limit > most ? most : limit;
}

/*
 * Configure scripts and build systems look at limits (the longest command line follows from that of
 * the stack), so they are the same in every build; a lower limit of the caller's is kept. No core
 * files.
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

/* Counted for the user namespace alone since Linux 5.14; before, for all that the user runs. */
static int limit_processes(const struct sandbox_payload *payload, struct err *err)
{
    rlim_t most = (rlim_t)payload->spec->processes_max;
    struct rlimit now;

    if (!most || payload->spec->mode != SANDBOX_NAMESPACES || guard_is_off("memory"))
        return 0;
    if (getrlimit(RLIMIT_NPROC, &now) < 0)
        return err_errno(err, errno, "cannot read a resource limit");
    now.rlim_max = at_most(now.rlim_max, most);
    now.rlim_cur = at_most(now.rlim_cur, now.rlim_max);
    if (setrlimit(RLIMIT_NPROC, &now) < 0)
        return err_errno(err, errno, "cannot limit the number of processes");
    return 0;
}

/*
 * To be called after the change of uid, which clears it. B may have died before: then C ends here.
 */
static int die_with_parent(const struct sandbox_payload *payload, struct err *err)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
        return err_errno(err, errno, "cannot ask for the parent's end");
    if (getppid() != payload->parent)
        return err_set(err, ERR_CANCELLED, "the sandbox is gone");
    return 0;
}

static int close_other_fds(const struct sandbox_payload *payload, struct err *err)
{
    int keep[8] = {0, 1, 2, payload->sync};
    size_t count = 4;

    if (payload->proc_sys >= 0)
        keep[count++] = payload->proc_sys;
    if (payload->io->keep_count > ARRAY_SIZE(keep) - count)
        BUG("too many descriptors for a payload");
    for (size_t i = 0; i < payload->io->keep_count; i++)
        keep[count++] = payload->io->keep_fds[i];
    return fds_close_except(keep, count, err);
}

static int prepare(const struct sandbox_payload *payload, struct err *err)
{
    int ret;

    if ((ret = close_other_fds(payload, err)) < 0 || (ret = leave_session(err)) < 0 ||
        (ret = fix_limits(err)) < 0 || (ret = limit_processes(payload, err)) < 0 ||
        (ret = drop_privileges(payload, err)) < 0 || (ret = die_with_parent(payload, err)) < 0)
        return ret;
    if (chdir(payload->job_path) < 0)
        return err_errno(err, errno, "cannot enter the job directory");
    return sig_restore_mask(err);
}

/*
 * Gives the programs of a build the same addresses each time, because some write things in the
 * order of addresses. The seccomp filter of a container may forbid it; the output of those programs
 * then varies.
 */
static void fix_addresses(void)
{
    enum { ASK = 0xffffffff };
    int now = personality(ASK); /* to keep its other bits, as linux32 sets them */

    if (now >= 0 && !guard_is_off("aslr"))
        (void)personality((unsigned long)now | ADDR_NO_RANDOMIZE);
}

void sandbox_payload_main(const struct sandbox_payload *payload)
{
    auto_err struct err err = ERR_INIT;
    int sync = payload->sync;

    if (prepare(payload, &err) < 0) {
        int why = sandbox_errno_of(&err);
        (void)write_full(sync, "e", 1); /* if it fails, B still sees that C has ended */
        (void)write_full(sync, &why, sizeof(why));
        (void)write_full(sync, err.message, strlen(err.message));
        sandbox_exit(1);
    }
    close_fd(&sync);
    if (payload->proc_sys >= 0)
        (void)close(payload->proc_sys);
    fix_addresses();
    if (guard_is_off("umask"))
        (void)umask(payload->outside_umask);
    sandbox_exit(payload->body(payload->arg));
}
