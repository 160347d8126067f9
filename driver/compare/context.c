/* What comparers share. */
#include "compare/context.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

char *context_inner_name(const char *where, const char *member)
{
    return xasprintf("%s!/%s", where, member);
}

bool context_may_read(struct context *c, uint64_t bytes)
{
    if (c->depth > COMPARE_MAX_DEPTH || bytes > c->left)
        return false;
    c->left -= bytes;
    return true;
}

char *context_show_time(int64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm day;
    char text[32] = "";

    if (gmtime_r(&when, &day))
        (void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &day);
    return xasprintf("%s (%" PRId64 ")", text, seconds);
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}
