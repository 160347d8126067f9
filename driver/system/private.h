/*
 * Processes that hold secrets (an index's password in the environment, credentials in memory): no other
 * process of the same user may read their memory or environment, trace them, or take their descriptors.
 * A build in locked mode is such a process. Inherited by fork; a program that is exec'ed is as usual.
 *
 * Such a process has no core file, and its files in /proc are root's: it still reads its own, but cannot
 * write those that only their owner may (uid_map). Single-threaded.
 */
#pragma once

void private_begin(void);
/* For a moment in which it writes such a file. */
void private_pause(void);
