/*
 * A library to preload: writes what truewheel sends and receives on sockets to the file that
 * RECORD_FRAMES names, from which tests/e2e/fixtures/frames.py reads the frames of
 * docs/engine-protocol.md. Silent in every other process: the engine inherits the variable.
 *
 * The file is a row of entries, each a struct entry and its data. Sockets are known by their inode,
 * since numbers of descriptors are used again.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum what {
    PAIR = 'P',     /* data: the inode of the other end */
    SENT = 'S',     /* data: bytes */
    RECEIVED = 'R', /* data: bytes */
    PASSED = 'F'    /* data: the inodes of the descriptors that were sent with the next bytes */
};

struct entry {
    uint64_t what;
    uint64_t socket;
    uint64_t size; /* of the data */
};

static int record = -1;
static pid_t recorded; /* a fork of it is another process, in which `record` may be another file */

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("RECORD_FRAMES");

    if (!path || strcmp(program_invocation_short_name, "truewheel") != 0)
        return;
    record = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    recorded = getpid();
}

static uint64_t inode(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

/* One write, so that entries of several threads do not mix. */
static void add(enum what what, int fd, const void *data, size_t size)
{
    struct entry entry = {.what = what, .socket = inode(fd), .size = size};
    struct iovec parts[] = {{&entry, sizeof(entry)}, {(void *)data, size}};
    int saved = errno;

    if (getpid() == recorded && writev(record, parts, 2) < 0)
        abort(); /* half a record would make a test pass that should not */
    errno = saved;
}

static void add_passed(int fd, const struct msghdr *msg)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR((struct msghdr *)msg, c)) {
        uint64_t inodes[8];
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        if (c->cmsg_type != SCM_RIGHTS || count > sizeof(inodes) / sizeof(*inodes))
            continue;
        for (size_t i = 0; i < count; i++) {
            int passed;
            memcpy(&passed, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
            inodes[i] = inode(passed);
        }
        add(PASSED, fd, inodes, count * sizeof(*inodes));
    }
}

int socketpair(int domain, int type, int protocol, int fds[2])
{
    int (*real)(int, int, int, int[2]) = dlsym(RTLD_NEXT, "socketpair");
    int ret = real(domain, type, protocol, fds);

    if (ret == 0 && record >= 0) {
        uint64_t other = inode(fds[1]);
        add(PAIR, fds[0], &other, sizeof(other));
    }
    return ret;
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
    ssize_t (*real)(int, const struct msghdr *, int) = dlsym(RTLD_NEXT, "sendmsg");
    ssize_t n = real(fd, msg, flags);

    if (n > 0 && record >= 0) {
        add_passed(fd, msg);
        add(SENT, fd, msg->msg_iov[0].iov_base, (size_t)n);
    }
    return n;
}

ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
    ssize_t (*real)(int, struct msghdr *, int) = dlsym(RTLD_NEXT, "recvmsg");
    ssize_t n = real(fd, msg, flags);

    if (n > 0 && record >= 0)
        add(RECEIVED, fd, msg->msg_iov[0].iov_base, (size_t)n);
    return n;
}
