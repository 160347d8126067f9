/* Counts the processors that this process may use. */
#include "system/processors.h"

#include <sched.h>
#include <unistd.h>

int processors_count(void)
{
    cpu_set_t set;

    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        return CPU_COUNT(&set);
    long count = sysconf(_SC_NPROCESSORS_ONLN); /* a machine may have more than fit a cpu_set_t */
    return count > 0 ? (int)count : 1;
}
