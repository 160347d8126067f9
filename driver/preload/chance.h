/*
 * Random numbers that depend on what a process is (tickets.h) and on how many it has asked for.
 * They are spread as evenly as others, and no two processes get the same; but everybody can compute
 * them. Nothing that is secret is made in a build. Any thread.
 *
 * In the place of getrandom, getentropy and the arc4random functions. Not of what libc asks the
 * kernel for itself: mkstemp, and the seed of its memory allocator.
 */
#pragma once

#include <stddef.h>

void chance_fill(void *ret_bytes, size_t len);
