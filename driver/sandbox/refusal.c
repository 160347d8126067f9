/* Tells a machine that forbids namespaces from one that is short of something. */
#include "sandbox/refusal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"

/* The kinds of namespaces that a sandbox is made of; each has its own limit. */
static const char *const kinds[] = {"user", "mnt", "pid", "ipc", "uts", "net"};

static bool reads_as(const char *path, const char *value)
{
    auto_str struct str text = STR_INIT;

    if (read_file(path, 64, &text, NULL) < 0)
        return false;
    text.buf[strcspn(text.buf, "\n")] = '\0';
    return str_eq(text.buf, value);
}

/* The first kind of which this machine allows none; NULL: it allows some of each. */
static const char *kind_without_any(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        auto_free char *path = xasprintf("/proc/sys/user/max_%s_namespaces", kinds[i]);
        if (reads_as(path, "0"))
            return kinds[i];
    }
    return NULL;
}

int sandbox_errno_of(const struct err *err)
{
    return -err->code < ERR_USAGE ? -err->code : 0;
}

enum sandbox_refusal sandbox_refusal_of(int errno_value)
{
    switch (errno_value) {
    case EPERM:
    case EACCES:
    case ENOSYS:
    case EINVAL:
    case EOPNOTSUPP:
    case ENODEV:
        return SANDBOX_FORBIDDEN;
    case ENOSPC:
    case EUSERS: /* before Linux 4.9 */
        return kind_without_any() ? SANDBOX_FORBIDDEN : SANDBOX_SHORTAGE;
    case EAGAIN:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case ETIMEDOUT:
        return SANDBOX_SHORTAGE;
    default:
        return SANDBOX_FAULT;
    }
}

/* What to change on a machine that forbids it. */
static char *hint_to_allow(void)
{
    const char *kind = kind_without_any();

    if (kind)
        return xasprintf("%s namespaces are switched off: sysctl user.max_%s_namespaces=15000",
                         kind, kind);
    if (reads_as("/proc/sys/kernel/unprivileged_userns_clone", "0"))
        return xstrdup(
            "user namespaces are for root only: sysctl kernel.unprivileged_userns_clone=1");
    if (reads_as("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"))
        return xstrdup(
            "AppArmor restricts user namespaces: sysctl "
            "kernel.apparmor_restrict_unprivileged_userns=0, or a profile for truewheel");
    if (access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0)
        return xstrdup("the container forbids it: run it with --security-opt seccomp=unconfined "
                       "--security-opt systempaths=unconfined");
    return NULL;
}

static char *hint_to_wait(int errno_value)
{
    const char *what;

    switch (errno_value) {
    case ENOSPC:
    case EUSERS:
        what = "namespaces are used up (user.max_*_namespaces, fs.mount-max)";
        break;
    case EAGAIN:
        what = "processes are used up (ulimit -u, pids.max)";
        break;
    case ENOMEM:
        what = "memory or processes are used up";
        break;
    case ETIMEDOUT:
        what = "the machine is too busy";
        break;
    default:
        what = "files are used up (ulimit -n)";
        break;
    }
    return xasprintf("%s: try again when there are more; --mode locked builds without isolation",
                     what);
}

char *sandbox_refusal_hint(int errno_value)
{
    switch (sandbox_refusal_of(errno_value)) {
    case SANDBOX_FORBIDDEN:
        return hint_to_allow();
    case SANDBOX_SHORTAGE:
        return hint_to_wait(errno_value);
    case SANDBOX_FAULT:
    default:
        return NULL;
    }
}
