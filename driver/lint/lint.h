/*
 * What is wrong with a wheel: any file, hostile ones included, is looked at as far as it can be read.
 *
 * Forks, to read ELF files: for a process with one thread.
 */
#pragma once

#include "lint/report.h"
#include "lint/subject.h"

/*
 * `file` is the wheel's name, a directory may stand before it. Findings are not errors; a negative errno
 * for reading and for temporary files. *ret_report is to be released in either case, and has its
 * selection borrowed.
 */
int lint_wheel(int fd, const char *file, const struct lint_selection *selection,
               const struct lint_identity *identity, struct lint_report *ret_report,
               struct err *err);
