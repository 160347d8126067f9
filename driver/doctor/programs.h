/*
 * Compilers and other programs that builds start, on the PATH that builds get, and how this system's
 * package manager brings the missing ones. Starts programs: while there is one thread.
 */
#pragma once

#include "base/vec.h"
#include "doctor/findings.h"

/* `env`: NAME=VALUE strings of --env, of which PATH and CC count. */
void doctor_look_at_programs(const struct strv *env, struct findings *findings);

/* "apt-get install gcc" for this system, of Debian's, Fedora's, Alpine's and Arch's names; or NULL. */
char *doctor_install_line(const char *const packages[4]);
