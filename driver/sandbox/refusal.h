/*
 * Why a sandbox could not be made. The kernel's word decides: a machine that forbids namespaces says
 * so again and again, and builds may go on without them; a shortage passes, and a neighbour can bring
 * it about, so that it must never be the reason to give isolation up. For processes outside of a
 * sandbox: it looks at the limits of this user namespace.
 */
#pragma once

#include "base/err.h"

enum sandbox_refusal {
    SANDBOX_FORBIDDEN, /* the machine's policy, or a kernel that lacks something */
    SANDBOX_SHORTAGE,  /* of namespaces, processes, memory or time: passes */
    SANDBOX_FAULT,     /* of what the user named, or of truewheel: stays */
};

/* Why the kernel refused, to be told to another process; 0: it was not the kernel. */
int sandbox_errno_of(const struct err *err);
enum sandbox_refusal sandbox_refusal_of(int errno_value);
/* What to do about it; NULL: not known. The caller frees. */
char *sandbox_refusal_hint(int errno_value);
