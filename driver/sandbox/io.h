/*
 * The descriptors of one sandbox: what it talks to, what it keeps open, what ends it. All borrowed.
 */
#pragma once

#include <stddef.h>

struct sandbox_io {
    /* To the driver: frames `started`, `exit`, `error`. The tree ends when the driver hangs up. */
    int channel;
    int life; /* end of file: the driver is gone. -1: none */
    /* What the payload keeps open besides 0, 1 and 2: the `hooks` socket. */
    const int *keep_fds;
    size_t keep_count;
    /*
     * What A and B keep open until no process of the tree is alive, even when one of the two is
     * killed, and what the payload never has: the lock on R/<dir>.
     */
    const int *hold_fds;
    size_t hold_count;
    /*
     * With spec->fetch: run before body() in a payload of its own, with the network. That payload
     * and all that it has started are gone when body() begins. Its failure is for body() to notice.
     */
    int (*fetch)(void *arg);
};
