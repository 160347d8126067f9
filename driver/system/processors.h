/* The default number of builds and of threads. Any thread. */
#pragma once

/* The processors that this process may use; those of the machine when that cannot be found out. */
int processors_count(void);
