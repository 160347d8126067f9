/* Lock files between processes, and between threads that each open the file themselves. */
#include "system/lock.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/str.h"
#include "system/safe_dir.h"

enum { FIRST_PAUSE_MS = 5, LONGEST_PAUSE_MS = 500, HOLDER_BYTES = 160 };

static int refuse(struct err *err, const char *name, const char *why)
{
    return err_set(err, ERR_ENVIRONMENT, "cannot use lock file '%s': %s", name, why);
}

int lock_open_at(int dirfd, const char *name, struct lock *ret_lock, struct err *err)
{
    enum { FLAGS = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY };
    struct stat st;
    auto_close int fd = openat(dirfd, name, FLAGS, 0600);

    if (fd < 0 && (errno == ELOOP || errno == ENXIO || errno == EISDIR))
        return refuse(err, name, "it is not a regular file");
    if (fd < 0)
        return err_errno(err, errno, "cannot open lock file '%s'", name);
    if (fstat(fd, &st) < 0)
        return err_errno(err, errno, "cannot examine lock file '%s'", name);
    if (!S_ISREG(st.st_mode))
        return refuse(err, name, "it is not a regular file");
    if (st.st_uid != geteuid())
        return refuse(err, name, "it belongs to another user");
    if (st.st_nlink != 1)
        return refuse(err, name, "it has another name, too");
    ret_lock->fd = steal_fd(&fd);
    return 0;
}

int lock_open_job(const char *root, const char *dir, struct lock *ret_lock, struct err *err)
{
    auto_close int root_fd = -1;
    auto_close int locks = -1;
    int ret;

    if ((ret = safe_dir_open(root, &root_fd, err)) < 0 ||
        (ret = safe_dir_open_at(root_fd, ".lock", &locks, err)) < 0)
        return ret;
    return lock_open_at(locks, dir, ret_lock, err);
}

/* 0, -EAGAIN, or another negative errno. */
static int try_once(int fd, enum lock_kind kind)
{
    struct flock range = {.l_type = kind == LOCK_SHARED ? F_RDLCK : F_WRLCK, .l_whence = SEEK_SET};

    if (retry_eintr(fcntl(fd, F_OFD_SETLK, &range)) == 0)
        return 0;
    if (errno == EINVAL) { /* before Linux 3.15, or a file system that does not have it */
        int how = (kind == LOCK_SHARED ? LOCK_SH : LOCK_EX) | LOCK_NB;
        if (retry_eintr(flock(fd, how)) == 0)
            return 0;
    }
    return errno == EACCES || errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

/* For messages only, so a failure to write does not matter. */
void lock_write_holder(const struct lock *lock)
{
    char host[128] = "";
    char text[HOLDER_BYTES];

    (void)gethostname(host, sizeof(host) - 1);
    int len = snprintf(text, sizeof(text), "pid %d on %s\n", getpid(), host);
    if (ftruncate(lock->fd, 0) == 0)
        (void)!pwrite(lock->fd, text, (size_t)len, 0);
}

int lock_try(struct lock *lock, enum lock_kind kind, struct err *err)
{
    int ret = try_once(lock->fd, kind);

    if (ret < 0)
        return ret == -EAGAIN ? ret : err_errno(err, ret, "cannot lock");
    if (kind == LOCK_EXCLUSIVE)
        lock_write_holder(lock);
    return 0;
}

char *lock_holder(const struct lock *lock)
{
    char text[HOLDER_BYTES];
    ssize_t len = pread(lock->fd, text, sizeof(text) - 1, 0);

    if (len <= 0)
        return xstrdup("another process");
    text[len] = '\0';
    text[strcspn(text, "\n")] = '\0';
    str_make_ascii(text);
    return xstrdup(text);
}

/* Three quarters to five quarters of it, so that waiters do not all try at the same moments. */
static int with_jitter(int ms)
{
    uint8_t byte = 128;

    (void)!getrandom(&byte, 1, GRND_NONBLOCK); /* if it fails: no jitter */
    return ms * (192 + byte / 2) / 256;
}

/* 0: the pause is over, try again. */
static int pause_for(const struct lock_wait *wait, int pause_ms, struct err *err)
{
    struct pollfd cancel = {.fd = wait->cancel_fd, .events = POLLIN};
    int left = deadline_poll_ms(wait->deadline_ms);
    int ms = with_jitter(pause_ms);

    if (left == 0)
        return -ERR_TIMEOUT;
    int n = poll(&cancel, 1, left > 0 && left < ms ? left : ms);
    if (n < 0 && errno != EINTR)
        return err_errno(err, errno, "cannot wait");
    return n > 0 ? err_set(err, ERR_CANCELLED, "cancelled while waiting for a lock") : 0;
}

int lock_acquire(struct lock *lock, enum lock_kind kind, const struct lock_wait *wait,
                 struct err *err)
{
    bool announced = false;

    for (int pause_ms = FIRST_PAUSE_MS;; pause_ms = pause_ms * 3 / 2) {
        int ret = lock_try(lock, kind, err);
        if (ret != -EAGAIN)
            return ret;
        auto_free char *holder = lock_holder(lock);
        if (!announced && wait->on_wait)
            wait->on_wait(holder, wait->arg);
        announced = true;
        pause_ms = pause_ms < LONGEST_PAUSE_MS ? pause_ms : LONGEST_PAUSE_MS;
        ret = pause_for(wait, pause_ms, err);
        if (ret == -ERR_TIMEOUT)
            return err_set(err, ERR_TIMEOUT, "the lock is still held by %s", holder);
        if (ret < 0)
            return ret;
    }
}

void lock_release(struct lock *lock)
{
    close_fd(&lock->fd);
}
