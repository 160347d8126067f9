/*
 * Lock files between processes, and between threads that each open the file themselves. The file is
 * permanent: it is never unlinked (a waiter would then get the lock of a file without a name, while
 * another process locks a new one), and never truncated before the lock is held. The kernel drops
 * the lock when its holder dies, so there are no stale locks.
 *
 * The lock is F_OFD_SETLK, which belongs to the open file as flock() does, but works over NFS;
 * flock() where that is missing. The holder writes its name into the file, for messages only.
 *
 *     auto_lock struct lock lock = LOCK_INIT;
 *     lock_open_at(dirfd, "name.lock", &lock, err);
 *     lock_acquire(&lock, LOCK_EXCLUSIVE, &wait, err);
 *
 * A struct lock is used by one thread at a time. The descriptor is CLOEXEC. A fork that does not
 * exec shares the lock, which is free when both processes have closed it.
 */
#pragma once

#include "base/err.h"

struct lock {
    int fd; /* -1: nothing open */
};

#define LOCK_INIT                                                                                  \
    {                                                                                              \
        .fd = -1                                                                                   \
    }
#define auto_lock __attribute__((cleanup(lock_release)))

enum lock_kind { LOCK_SHARED, LOCK_EXCLUSIVE };

/*
 * Opens or makes (0600) the lock file without following a link; does not lock it. -ERR_ENVIRONMENT
 * when it is not a regular file, belongs to another user, or has a second name.
 */
int lock_open_at(int dirfd, const char *name, struct lock *ret_lock, struct err *err);

/* Opens the lock of R/<dir>, the file R/.lock/<dir>; makes R as safe_dir.h says. */
int lock_open_job(const char *root, const char *dir, struct lock *ret_lock, struct err *err);

/* 0: it is held now. -EAGAIN, and err unchanged: somebody else has it. */
int lock_try(struct lock *lock, enum lock_kind kind, struct err *err);

struct lock_wait {
    int64_t deadline_ms; /* DEADLINE_NEVER, or when to give up with -ERR_TIMEOUT */
    int cancel_fd;       /* gives up with -ERR_CANCELLED when it becomes readable; -1: none */
    /* Called once, before the first wait: "pid 123 on host". May be NULL. */
    void (*on_wait)(const char *holder, void *arg);
    void *arg;
};

/*
 * Tries until it succeeds, with growing pauses (at most half a second, with jitter). The kernel
 * reports a freed lock only to a thread that blocks in the call, and that thread could not be
 * cancelled.
 */
int lock_acquire(struct lock *lock, enum lock_kind kind, const struct lock_wait *wait,
                 struct err *err);

/* Unlocks and closes. Accepts an empty one. */
void lock_release(struct lock *lock);

/*
 * Names this process in the file. lock_try() and lock_acquire() do so for an exclusive lock; a
 * process that keeps a shared one calls this itself. Of several that share it, the last one is
 * named.
 */
void lock_write_holder(const struct lock *lock);

/*
 * The name that the holder has written, "pid 123 on host", or "another process". The caller frees.
 */
char *lock_holder(const struct lock *lock);
