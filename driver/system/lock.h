/*
 * Lock files between processes, and between threads that each open the file themselves. The file is
 * permanent: never unlinked (a waiter would hold the lock of a name that is gone), never truncated
 * before the lock is held. The kernel drops the lock when its holder dies, so there are no stale ones.
 *
 * F_OFD_SETLK belongs to the open file like flock does, and works over NFS; flock where it is missing.
 * Who holds the lock is written into the file, for messages only.
 *
 *     auto_lock struct lock lock = LOCK_INIT;
 *     lock_open_at(dirfd, "name.lock", &lock, err);
 *     lock_acquire(&lock, LOCK_EXCLUSIVE, &wait, err);
 *
 * A struct lock is used by one thread at a time. The descriptor is CLOEXEC; a child that forks without
 * exec shares the lock, which is then free only when both have closed it.
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
 * Opens or makes (0600) the lock file without following a link. It must be a regular file of this
 * user with no other name: -ERR_ENVIRONMENT otherwise. Takes no lock yet.
 */
int lock_open_at(int dirfd, const char *name, struct lock *ret, struct err *err);

/* Opens the lock of R/<dir>: R is made safely (safe_dir.h), the file is R/.lock/<dir>. */
int lock_open_job(const char *root, const char *dir, struct lock *ret, struct err *err);

/* 0: held now. -EAGAIN (err untouched): somebody else has it. */
int lock_try(struct lock *lock, enum lock_kind kind, struct err *err);

struct lock_wait {
    int64_t deadline_ms; /* DEADLINE_NEVER, or when to give up with -ERR_TIMEOUT */
    int cancel_fd;       /* gives up with -ERR_CANCELLED when it becomes readable; -1: none */
    /* Called once, before the first wait: "pid 123 on host". May be NULL. */
    void (*on_wait)(const char *holder, void *arg);
    void *arg;
};

/*
 * Tries, then tries again with growing pauses (at most half a second, with jitter): the kernel tells
 * of a freed lock only to a thread that blocks in the call, and such a one could not be cancelled.
 */
int lock_acquire(struct lock *lock, enum lock_kind kind, const struct lock_wait *wait,
                 struct err *err);

/* Unlocks and closes. Accepts an empty one. */
void lock_release(struct lock *lock);

/*
 * Writes into the file who holds it. Whoever gets it exclusively has done so; of those who share it
 * those who keep it do, and the last who came is named.
 */
void lock_sign(const struct lock *lock);

/* What the holder says of itself, or "another process". The caller frees. */
char *lock_holder(const struct lock *lock);
