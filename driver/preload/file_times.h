/*
 * The times of files, as they agree with the settled clock, which starts at `base`:
 *
 *     until base - range   what is not later is shown as it is: every file of an archive
 *     … base               what was there before the build and is later: of a directory that is
 *                          built, of the system. A function of the file's time alone
 *     base … + 0.5 s       what the build has made. Whole seconds are the same in each build
 *
 * in the order in which they are, so that `make` does what it does without us. The last scale is
 * finest at first: what the kernel can tell apart is shown apart. Only modification times have an
 * order, the others are the base. What is below a second is not the same in each build; so programs
 * that write archives are shown whole seconds.
 *
 * The Python files of the system keep their times: byte code remembers them.
 *
 * stat and its kin, by their names in glibc of all ages and in musl, where a `struct stat` is the
 * kernel's (64-bit machines); elsewhere times are as they are. Any thread.
 */
#pragma once

#include <stdint.h>

/* A modification time as it is shown. Nanoseconds since 1970. */
int64_t file_time_shown(int64_t ns);
