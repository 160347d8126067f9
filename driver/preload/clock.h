/*
 * The settled clock. It starts at the world's base and goes on with what the program does, not with
 * time: a little at each look, and by what it waits (waits.c). So two runs that do the same see the
 * same times; no two looks are equal; and whoever waits until a time waits as long as he asked for.
 *
 *     base + 0.5 s   the first look of a process; before that is the time of files (file_times.h)
 *     + 1 us         each look, of any thread
 *     + waited       what it has slept, and waited in vain, once after each look
 *     + 1 s          for each program of the same kind that looked before it, beyond the first
 *                    300: a shell script that waits starts `date` again and again
 *     + beyond       real time, for a process that has looked so often and so long that it seems
 *                    to wait for a time by other means: it must not wait for ever. Its times are
 *                    then not those of another build, which is noted (notes.h)
 *
 * Monotonic clocks and those of processor time are real. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Whether this clock of clock_gettime() tells the time of day, and is settled. */
bool clock_is_settled(clockid_t clock);

/* Without being a look: the time that the next one will be after. */
int64_t clock_settled_ns(void);

/*
 * The process has waited so long. It counts once after each look: who waits for a time looks,
 * waits, and looks again; who waits for a program, as often as that takes, only waits.
 */
void clock_add_waited(int64_t ns);
