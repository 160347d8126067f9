/*
 * The file `notes` of the guest directory: what a build was told that the next one will not be
 * told. The driver looks for it in the wheel (pyshim/build.py sends it on). One line a note; any
 * thread.
 */
#pragma once

#include <stddef.h>

/* "clock ran": the settled clock went on by real time, since a program waited by it (clock.h). */
void note_clock_ran(void);

/*
 * "chance HEX": random bytes that were given. Only the first ones of a process, and no short ones.
 */
void note_chance(const void *bytes, size_t len);
