/* What each signal does to a run, and the thread that hears them while it ends. */
#include "run/stopping.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "system/sig.h"
#include "system/thread.h"

static void die_by(int number)
{
    sigset_t set;

    (void)signal(number, SIG_DFL);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, number);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    (void)raise(number);
    _exit(128 + number);
}

static void (*end_process)(int signal) = die_by; /* written before the first thread only */

void stopping_set_end(void (*end)(int signal))
{
    end_process = end;
}

static void cancel_run(struct builder *b, int signal)
{
    cancel_request(&b->cancel, signal);
    if (b->job_slots)
        slots_stop(b->job_slots);
    if (b->plan)
        plan_wake(b->plan);
}

/* All but what the first signal does. */
static void count(struct stopping *s, int signal)
{
    if (s->count++ == 0)
        s->first = signal;
    if (s->count >= 2)
        engine_kill(&s->builder->engine);
    if (s->count >= 3)
        end_process(s->first);
}

void stopping_signal(struct stopping *s, int signal)
{
    count(s, signal);
    if (s->count == 1)
        cancel_run(s->builder, signal);
}

/* ------------------------------------------------------------------------------- while it ends */

static void *listen_on(void *arg)
{
    struct stopping *s = arg;
    struct pollfd fds[] = {{.fd = s->over.fd, .events = POLLIN},
                           {.fd = s->signals, .events = POLLIN}};

    for (;;) {
        (void)poll(fds, ARRAY_SIZE(fds), -1);
        if (fds[0].revents)
            return NULL;
        int signal = fds[1].revents ? sig_read(s->signals) : 0;
        if (signal > 0)
            count(s, signal);
    }
}

void stopping_watch(struct stopping *s)
{
    if (s->watching || s->signals < 0 || cancel_init(&s->over, NULL) < 0)
        return;
    s->late = s->count == 0;
    s->watching = thread_start(&s->thread, listen_on, s, NULL) == 0;
    if (!s->watching)
        cancel_release(&s->over);
}

void stopping_end(struct stopping *s)
{
    if (!s->watching)
        return;
    cancel_request(&s->over, 0);
    (void)pthread_join(s->thread, NULL);
    cancel_release(&s->over);
    s->watching = false;
    if (s->late && s->first)
        (void)kill(getpid(), s->first); /* blocked still */
}
