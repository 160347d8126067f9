/*
 * The system calls that a build is refused, in every mode: those that container runtimes refuse by
 * default, because no build needs them and kernels have had holes in them, and sockets that lead out of
 * a network namespace. A call that is optional for programs fails as in a kernel that does not have it
 * (ENOSYS), so that they do without; one that needs privileges fails as without (EPERM).
 *
 * The rules are for this architecture and the 32-bit one beside it; calls of any other ABI fail. What a
 * newer kernel has and libseccomp does not know is not refused.
 */
#pragma once

#include "base/err.h"

/* Whether this kernel has filters for system calls (CONFIG_SECCOMP_FILTER). */
bool sandbox_can_refuse_calls(void);
/*
 * C: for this process and all that it starts, for ever. Needs no_new_privs. Does nothing when
 * sandbox_can_refuse_calls() is false: the probe has told the driver.
 */
int sandbox_refuse_calls(struct err *err);
