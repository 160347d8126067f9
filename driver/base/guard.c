/* Guards that a test has switched off, by name. */
#include "base/guard.h"

#include <stdlib.h>
#include <string.h>

const char *guards_off(void)
{
    const char *names = getenv("TRUEWHEEL_TEST_GUARDS_OFF");

    return names && names[0] ? names : NULL;
}

bool guard_is_off(const char *name)
{
    size_t len = strlen(name);

    for (const char *at = guards_off(); at && at[0]; at += strspn(at, ",")) {
        size_t item = strcspn(at, ",");
        if (item == len && strncmp(at, name, len) == 0)
            return true;
        at += item;
    }
    return false;
}
