/* A request to stop that every worker sees. */
#include "system/cancel.h"

#include <sys/eventfd.h>
#include <unistd.h>

int cancel_init(struct cancel *c, struct err *err)
{
    atomic_init(&c->signal, 0);
    atomic_init(&c->requested, false);
    c->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return c->fd < 0 ? err_errno(err, errno, "cannot make an eventfd") : 0;
}

void cancel_release(struct cancel *c)
{
    close_fd(&c->fd);
}

void cancel_request(struct cancel *c, int signal)
{
    const uint64_t one = 1;

    if (atomic_exchange(&c->requested, true))
        return;
    atomic_store(&c->signal, signal);
    (void)!write(c->fd, &one, sizeof(one)); /* cannot fail: the counter was 0 */
}

bool cancel_requested(const struct cancel *c)
{
    return atomic_load(&c->requested);
}
