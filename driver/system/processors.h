/* The default number of builds and of threads. Any thread. */
#pragma once

/* The processors that this process may use; when that is not known, those of the machine. */
int processors_count(void);
