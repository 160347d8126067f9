/* Slots: who has one, what is lent to the tools inside a build, what is called back. */
#include "plan/slots.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/vec.h"

struct slots {
    pthread_mutex_t lock;
    pthread_cond_t granted;
    struct jobserver *server;  /* NULL: none */
    struct slot_lease *leases; /* guarded by lock, with all that is in them; oldest first */
    struct job_slot *idle;     /* guarded by lock; implicit ones */
    size_t idle_count, idle_cap;
    bool stopped; /* guarded by lock */
    int events;   /* epoll: inotify and the jobserver */
    int inotify;  /* -1: the system gives none; then nothing is lent */
};

/* --------------------------------------------------------------------------------------- objects */

static void push(struct job_slot **list, size_t *count, size_t *cap, struct job_slot slot)
{
    vec_grow((void **)list, *count, cap, sizeof(**list));
    (*list)[(*count)++] = slot;
}

static int watch_fd(struct slots *slots, int fd, uint32_t events, struct err *err)
{
    struct epoll_event event = {.events = events};

    if (epoll_ctl(slots->events, EPOLL_CTL_ADD, fd, &event) < 0)
        return err_errno(err, errno, "cannot watch a descriptor");
    return 0;
}

static int open_events(struct slots *slots, struct err *err)
{
    slots->events = epoll_create1(EPOLL_CLOEXEC);
    if (slots->events < 0)
        return err_errno(err, errno, "cannot make an epoll descriptor");
    slots->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    int ret = slots->inotify < 0 ? 0 : watch_fd(slots, slots->inotify, EPOLLIN, err);
    /* Edge-triggered: a token that nobody here wants would keep the main thread awake. */
    if (ret == 0 && slots->server)
        ret = watch_fd(slots, slots->server->read_fd, EPOLLIN | EPOLLET, err);
    return ret;
}

int slots_new(int count, struct jobserver *server, struct slots **ret_slots, struct err *err)
{
    struct slots *slots = xcalloc(1, sizeof(*slots));

    *slots = (struct slots){.server = server, .events = -1, .inotify = -1};
    (void)pthread_mutex_init(&slots->lock, NULL);
    (void)pthread_cond_init(&slots->granted, NULL);
    for (int i = 0; i < (server ? 1 : count); i++)
        push(&slots->idle, &slots->idle_count, &slots->idle_cap,
             (struct job_slot){.kind = JOB_SLOT_IMPLICIT});
    int ret = open_events(slots, err);
    if (ret < 0) {
        slots_free(slots);
        return ret;
    }
    *ret_slots = slots;
    return 0;
}

void slots_free(struct slots *slots)
{
    if (!slots)
        return;
    close_fd(&slots->events);
    close_fd(&slots->inotify);
    (void)pthread_cond_destroy(&slots->granted);
    (void)pthread_mutex_destroy(&slots->lock);
    free(slots->idle);
    free(slots);
}

/* ------------------------------------------------------------------- slots, all under the lock */

/* Gives make back a token that some lease holds, and the lease the implicit slot instead. */
static bool replace_byte(struct slots *slots, struct job_slot implicit)
{
    for (struct slot_lease *l = slots->leases; l; l = l->next) {
        struct job_slot *found = l->own.kind == JOB_SLOT_BYTE ? &l->own : NULL;
        for (size_t i = 0; !found && i < l->lent_count; i++)
            found = l->lent[i].kind == JOB_SLOT_BYTE ? &l->lent[i] : NULL;
        if (found) {
            jobserver_release(found);
            *found = implicit;
            return true;
        }
    }
    return false;
}

static void put_back(struct slots *slots, struct job_slot *slot)
{
    if (slot->kind == JOB_SLOT_IMPLICIT && !(slots->server && replace_byte(slots, *slot)))
        push(&slots->idle, &slots->idle_count, &slots->idle_cap, *slot);
    jobserver_release(slot);
    slot->kind = JOB_SLOT_NONE;
}

static bool obtain(struct slots *slots, struct job_slot *ret)
{
    if (slots->idle_count) {
        *ret = slots->idle[--slots->idle_count];
        return true;
    }
    return slots->server && jobserver_acquire(slots->server, ret);
}

/* ------------------------------------------------------------------- pools, all under the lock */

static int in_pool(const struct slot_lease *l)
{
    int count = 0;

    return l->pool >= 0 && ioctl(l->pool, FIONREAD, &count) == 0 ? count : 0;
}

/* Takes unused bytes out of a pool. Bytes beyond those that were lent were made up inside: dropped. */
static size_t call_back(struct slot_lease *l, size_t max)
{
    char bytes[4096];

    if (l->pool < 0)
        return 0;
    ssize_t n = retry_eintr(read(l->pool, bytes, max < sizeof(bytes) ? max : sizeof(bytes)));
    if (n <= 0)
        return 0;
    return (size_t)n < l->lent_count ? (size_t)n : l->lent_count;
}

static bool call_back_any(struct slots *slots, struct job_slot *ret)
{
    for (struct slot_lease *l = slots->leases; l; l = l->next)
        if (call_back(l, 1)) {
            *ret = l->lent[--l->lent_count];
            return true;
        }
    return false;
}

static void lend(struct slots *slots, struct slot_lease *l)
{
    struct job_slot slot;

    if (!obtain(slots, &slot))
        return;
    if (retry_eintr(write(l->pool, "+", 1)) == 1)
        push(&l->lent, &l->lent_count, &l->lent_cap, slot);
    else /* filled up from inside */
        put_back(slots, &slot);
}

static void return_surplus(struct slots *slots, struct slot_lease *l)
{
    int there = in_pool(l);

    for (size_t n = there > 1 ? call_back(l, (size_t)there - 1) : 0; n > 0; n--)
        put_back(slots, &l->lent[--l->lent_count]);
}

/* Builds that wait come first; false when one still does. */
static bool serve_waiting(struct slots *slots)
{
    for (struct slot_lease *l = slots->leases; l; l = l->next) {
        if (!l->waits)
            continue;
        if (!obtain(slots, &l->own) && !call_back_any(slots, &l->own))
            return false;
        l->waits = false;
        (void)pthread_cond_broadcast(&slots->granted);
    }
    return true;
}

static void serve(struct slots *slots)
{
    if (slots->stopped || !serve_waiting(slots))
        return;
    for (struct slot_lease *l = slots->leases; l; l = l->next)
        return_surplus(slots, l);
    for (struct slot_lease *l = slots->leases; l; l = l->next)
        if (l->opened && in_pool(l) == 0)
            lend(slots, l);
}

/* ---------------------------------------------------------------------------------------- leases */

static int open_pool(struct slots *slots, const char *path, struct slot_lease *l, struct err *err)
{
    if (mkfifo(path, 0600) < 0)
        return err_errno(err, errno, "cannot create '%s'", path);
    l->path = xstrdup(path);
    /* Its directory is ours alone; inside the build is another user (sandbox/sandbox.h). */
    l->pool = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    if (l->pool < 0 || fchmod(l->pool, 0666) < 0)
        return err_errno(err, errno, "cannot open '%s'", path);
    if (slots->inotify >= 0) /* without it the build has its own slot and nothing more */
        l->watch = inotify_add_watch(slots->inotify, path, IN_OPEN | IN_ACCESS | IN_MODIFY);
    return 0;
}

static void close_pool(struct slots *slots, struct slot_lease *l)
{
    if (l->watch >= 0)
        (void)inotify_rm_watch(slots->inotify, l->watch);
    l->watch = -1;
    close_fd(&l->pool);
    if (l->path)
        (void)unlink(l->path); /* its directory goes with the run */
    free(l->path);
    l->path = NULL;
}

static void enlist(struct slots *slots, struct slot_lease *l)
{
    struct slot_lease **end = &slots->leases;

    while (*end)
        end = &(*end)->next;
    *end = l;
}

static void strike(struct slots *slots, const struct slot_lease *l)
{
    for (struct slot_lease **p = &slots->leases; *p; p = &(*p)->next)
        if (*p == l) {
            *p = l->next;
            return;
        }
}

int slots_take(struct slots *slots, const char *pool_path, struct slot_lease *ret_lease,
               struct err *err)
{
    *ret_lease = (struct slot_lease)SLOT_LEASE_INIT;
    (void)pthread_mutex_lock(&slots->lock);
    ret_lease->slots = slots;
    ret_lease->waits = true;
    enlist(slots, ret_lease);
    serve(slots);
    while (ret_lease->waits && !slots->stopped)
        (void)pthread_cond_wait(&slots->granted, &slots->lock);
    int ret = slots->stopped ? err_set(err, ERR_CANCELLED, "stopped")
                             : open_pool(slots, pool_path, ret_lease, err);
    (void)pthread_mutex_unlock(&slots->lock);
    if (ret < 0)
        slots_give(ret_lease);
    return ret;
}

void slots_give(struct slot_lease *lease)
{
    struct slots *slots = lease->slots;

    if (!slots)
        return;
    (void)pthread_mutex_lock(&slots->lock);
    strike(slots, lease);
    close_pool(slots, lease);
    for (size_t i = 0; i < lease->lent_count; i++)
        put_back(slots, &lease->lent[i]);
    put_back(slots, &lease->own);
    serve(slots);
    (void)pthread_mutex_unlock(&slots->lock);
    free(lease->lent);
    *lease = (struct slot_lease)SLOT_LEASE_INIT;
}

/* ---------------------------------------------------------------------------------------- events */

int slots_fd(const struct slots *slots)
{
    return slots->events;
}

static void note(struct slots *slots, const struct inotify_event *event)
{
    bool all = event->mask & IN_Q_OVERFLOW;

    for (struct slot_lease *l = slots->leases; l; l = l->next)
        if (all || (l->watch == event->wd && (event->mask & IN_OPEN)))
            l->opened = true;
}

static void read_events(struct slots *slots)
{
    _Alignas(struct inotify_event) char buf[4096];

    for (ssize_t len; (len = retry_eintr(read(slots->inotify, buf, sizeof(buf)))) > 0;)
        for (const char *p = buf; p < buf + len;) {
            const struct inotify_event *event = (const void *)p;
            note(slots, event);
            p += sizeof(*event) + event->len;
        }
}

void slots_serve(struct slots *slots)
{
    struct epoll_event events[4];

    (void)epoll_wait(slots->events, events, ARRAY_SIZE(events), 0); /* takes the edges */
    (void)pthread_mutex_lock(&slots->lock);
    if (slots->inotify >= 0)
        read_events(slots);
    serve(slots);
    (void)pthread_mutex_unlock(&slots->lock);
}

void slots_stop(struct slots *slots)
{
    (void)pthread_mutex_lock(&slots->lock);
    slots->stopped = true;
    (void)pthread_cond_broadcast(&slots->granted);
    (void)pthread_mutex_unlock(&slots->lock);
}
