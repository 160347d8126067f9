/* The guards that a test has switched off, by TRUEWHEEL_TEST_GUARDS_OFF in the environment. */
#include "base/guard.h"

#include <stdlib.h>
#include <string.h>

#include "guard_names.h"

const char *guards_off(void)
{
    const char *names = getenv(GUARDS_VARIABLE);

    return names && names[0] ? names : NULL;
}

/* The first name in a list, which ends at a comma; NULL when there is none left. */
static const char *find_name(const char *list, size_t *ret_len)
{
    list += strspn(list, ",");
    *ret_len = strcspn(list, ",");
    return *ret_len ? list : NULL;
}

static bool is_name(const char *name, const char *at, size_t len)
{
    return strlen(name) == len && strncmp(name, at, len) == 0;
}

static bool is_known(const char *at, size_t len)
{
    static const char *const names[] = {GUARD_NAMES};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (is_name(names[i], at, len))
            return true;
    return false;
}

bool guard_is_off(const char *name)
{
    const char *list = guards_off();
    size_t len;

    if (!is_known(name, strlen(name)))
        BUG("there is no guard '%s'", name);
    if (!list)
        return false;
    for (const char *at = find_name(list, &len); at; at = find_name(at + len, &len))
        if (is_name(name, at, len))
            return true;
    return false;
}

int guards_check(struct err *err)
{
    const char *list = guards_off();
    size_t len;

    if (!list)
        return 0;
    for (const char *at = find_name(list, &len); at; at = find_name(at + len, &len)) {
        if (is_known(at, len))
            continue;
        (void)err_set(err, ERR_USAGE, GUARDS_VARIABLE ": there is no guard '%.*s'", (int)len, at);
        err_hint(err, "pyshim/guards.py lists them; users leave the variable unset");
        return -ERR_USAGE;
    }
    return 0;
}
