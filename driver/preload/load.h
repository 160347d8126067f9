/*
 * getloadavg() says that the machine has nothing else to do. glibc asks the kernel by a call of its
 * own, so /proc/loadavg, which a sandbox shows as a fixed file, is not enough. Any thread.
 */
#pragma once
