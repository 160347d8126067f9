/*
 * The caller's descriptors in the child that resolves the user's requirements: /dev/stdin, /dev/fd/5
 * and what else leads through /proc/self/fd are the same files there as for the caller. For a child
 * that was just forked.
 */
#pragma once

#include "system/frame.h"

/*
 * Moves the descriptors of a request behind the first `own` to the numbers in its list `inherited`,
 * and those first ones out of the way. What else has such a number is closed. None of them reaches a
 * program that the child starts, but for 0.
 */
int inherited_place(struct frame *request, size_t own, struct err *err);
