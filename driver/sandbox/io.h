/* The descriptors of one sandbox: what it talks to, what it holds, what ends it. All are borrowed. */
#pragma once

#include <stddef.h>

struct sandbox_io {
    int channel;         /* to the driver: started, exit, error frames. Hanging up ends the tree */
    int life;            /* end of file: the driver is gone. -1: none */
    const int *keep_fds; /* what the payload keeps beside 0, 1 and 2: the `hooks` socket */
    size_t keep_count;
    const int *hold_fds; /* what A and B keep open until nobody of the tree is alive, whichever of
                            them is killed, and the payload never has: the lock on R/<dir> */
    size_t hold_count;
    int (*fetch)(
        void *arg); /* with spec->fetch: a payload of its own, gone with all it started before
                                body begins without the network. Its failure is body's to notice */
};
