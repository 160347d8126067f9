/*
 * The files that give random numbers. Opened by name, by a program that uses libc's functions, they
 * are a file in memory: /dev/urandom and /dev/random with DEVICE_BYTES of chance.h, then its end;
 * /proc/sys/kernel/random/uuid with one UUID.
 */
#pragma once

enum { DEVICE_BYTES = 1 << 20 };

/*
 * A new descriptor with these flags of open(2); -1 for every other file, and when it cannot be
 * made.
 */
int device_open(const char *path, int flags);
