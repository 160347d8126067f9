/* Finds the user's own directories. */
#include "system/user_dir.h"

#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_usable_home(const char *home)
{
    struct stat st;

    if (!home || home[0] != '/')
        return false;
    return geteuid() != 0 || stat(home, &st) < 0 || st.st_uid == 0;
}

char *user_dir(const char *variable, const char *below)
{
    const char *named = getenv(variable), *home = getenv("HOME");

    if (named && named[0] == '/')
        return xasprintf("%s/truewheel", named);
    if (!is_usable_home(home)) {
        const struct passwd *user = getpwuid(geteuid());
        home = user ? user->pw_dir : NULL;
    }
    return home && home[0] == '/' ? xasprintf("%s/%s/truewheel", home, below) : NULL;
}
