/* What the kernel calls not dumpable. */
#include "system/private.h"

#include <sys/prctl.h>

#include "base/guard.h"

/* It cannot fail with these arguments. */
void private_begin(void)
{
    if (!guard_is_off("private"))
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void private_pause(void)
{
    (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}
