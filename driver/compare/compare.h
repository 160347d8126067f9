/*
 * Two wheels compared: which files differ, in what, and why, where it can be told. Wheels are hostile:
 * what is looked into has limits, archives inside them to a depth of COMPARE_MAX_DEPTH, and what is
 * beyond a limit is said to be (CAUSE_NOT_READ).
 *
 * Memory: a few times what the two largest files of a pair have, up to CONTENT_MAX each, most of it in
 * mapped files. Forks, to read ELF files: for a process with one thread.
 */
#pragma once

#include "compare/comparison.h"
#include "record/run_record.h"

struct compared_wheel {
    int fd;                          /* of a regular file; its offset is not used */
    const char *file;                /* its name, without a directory */
    const struct run_record *record; /* of the run that built it; NULL: unknown */
};

/*
 * ERR_FORMAT when one of them is no plain zip archive or is damaged, a negative errno for reading and for
 * temporary files. *ret_comparison is to be released, also after an error, and may have findings then.
 */
int compare_wheels(const struct compared_wheel *a, const struct compared_wheel *b,
                   struct comparison *ret_comparison, struct err *err);
