/* Signal masks, and signals read from a descriptor. */
#include "system/sig.h"

#include <sys/signalfd.h>
#include <unistd.h>

const int sig_crashes[SIG_CRASH_COUNT] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL,
                                          SIGABRT, SIGSYS, SIGTRAP};

static sigset_t original_mask;
static bool has_original_mask;

int sig_block_all(struct err *err)
{
    sigset_t blocked, before;

    (void)sigfillset(&blocked);
    for (size_t i = 0; i < SIG_CRASH_COUNT; i++)
        (void)sigdelset(&blocked, sig_crashes[i]);
    int ret = pthread_sigmask(SIG_SETMASK, &blocked, &before);
    if (ret)
        return err_errno(err, ret, "cannot block signals");
    if (!has_original_mask)
        original_mask = before;
    has_original_mask = true;
    return 0;
}

int sig_allow_stops(struct err *err)
{
    static const int stops[] = {SIGTSTP, SIGTTIN, SIGTTOU};
    sigset_t allowed;

    (void)sigemptyset(&allowed);
    for (size_t i = 0; i < ARRAY_SIZE(stops); i++)
        if (!sigismember(sig_original_mask(), stops[i]))
            (void)sigaddset(&allowed, stops[i]);
    int ret = pthread_sigmask(SIG_UNBLOCK, &allowed, NULL);
    return ret ? err_errno(err, ret, "cannot unblock signals") : 0;
}

const sigset_t *sig_original_mask(void)
{
    if (!has_original_mask) /* nothing has been blocked: it is the current one */
        (void)pthread_sigmask(SIG_SETMASK, NULL, &original_mask);
    return &original_mask;
}

int sig_restore_mask(struct err *err)
{
    int ret = pthread_sigmask(SIG_SETMASK, sig_original_mask(), NULL);

    return ret ? err_errno(err, ret, "cannot restore the signal mask") : 0;
}

int sig_open_fd(const int *signals, int *ret_fd, struct err *err)
{
    sigset_t set;

    (void)sigemptyset(&set);
    for (; *signals; signals++)
        (void)sigaddset(&set, *signals);
    *ret_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return *ret_fd < 0 ? err_errno(err, errno, "cannot make a signal descriptor") : 0;
}

int sig_read(int fd)
{
    struct signalfd_siginfo info;

    if (retry_eintr(read(fd, &info, sizeof(info))) != sizeof(info))
        return 0;
    return (int)info.ssi_signo;
}

void sig_reset_handlers(void)
{
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) < 0)
            continue;
        bool ignored = action.sa_handler == SIG_IGN && number != SIGPIPE && number != SIGCHLD;
        if (action.sa_handler == SIG_DFL || ignored)
            continue;
        action = (struct sigaction){.sa_handler = SIG_DFL};
        (void)sigaction(number, &action, NULL); /* SIGKILL and SIGSTOP refuse */
    }
}
