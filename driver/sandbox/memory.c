/* How much memory a tmpfs may use: what the machine has available and the cgroups allow. */
#include "sandbox/memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/str.h"
#include "base/vec.h"

static uint64_t at_least_zero(uint64_t limit, uint64_t used)
{
    return limit > used ? limit - used : 0;
}

/* MemAvailable (since Linux 3.14), in kB. */
static uint64_t memory_of_machine(void)
{
    auto_str struct str text = STR_INIT;
    static const char key[] = "MemAvailable:";

    if (read_file("/proc/meminfo", 1 << 16, &text, NULL) < 0)
        return 0;
    const char *line = strstr(text.buf, key);
    return line ? strtoull(line + sizeof(key) - 1, NULL, 10) * 1024 : 0;
}

/* The number in a file; UINT64_MAX when there is none ("max", or no such file). */
static uint64_t read_number(const char *dir, const char *name)
{
    auto_free char *path = xasprintf("%s/%s", dir, name);
    auto_str struct str text = STR_INIT;

    if (read_file(path, 64, &text, NULL) < 0 || !isdigit((unsigned char)text.buf[0]))
        return UINT64_MAX;
    return strtoull(text.buf, NULL, 10);
}

/*
 * What one cgroup leaves. Page cache counts as used, so there may be more than this, but not less.
 */
static uint64_t left_in(const char *dir, const char *limit_name, const char *used_name)
{
    uint64_t limit = read_number(dir, limit_name);
    uint64_t used = read_number(dir, used_name);

    return limit == UINT64_MAX || used == UINT64_MAX ? UINT64_MAX : at_least_zero(limit, used);
}

/* The least that the cgroup and those above it leave: each may have a limit. Changes `path`. */
static uint64_t left_on_path(const char *mount, char *path, const char *limit_name,
                             const char *used_name)
{
    uint64_t least = UINT64_MAX;

    for (;;) {
        auto_free char *dir = xasprintf("%s%s", mount, path);
        uint64_t left = left_in(dir, limit_name, used_name);
        least = left < least ? left : least;
        char *slash = strrchr(path, '/');
        if (!slash)
            return least;
        *slash = '\0';
    }
}

/* A line of /proc/self/cgroup: "0::/path" (v2) or "5:memory:/path" (v1). */
static uint64_t left_by_line(char *line)
{
    char *controllers = strchr(line, ':');
    char *path = controllers ? strchr(controllers + 1, ':') : NULL;

    if (!path)
        return UINT64_MAX;
    *path++ = '\0';
    *controllers++ = '\0';
    if (!*controllers) {
        uint64_t left = left_on_path("/sys/fs/cgroup", path, "memory.max", "memory.current");
        return left;
    }
    if (strcmp(controllers, "memory") != 0)
        return UINT64_MAX;
    return left_on_path("/sys/fs/cgroup/memory", path, "memory.limit_in_bytes",
                        "memory.usage_in_bytes");
}

uint64_t sandbox_memory_available(void)
{
    auto_str struct str text = STR_INIT;
    auto_strv struct strv lines = STRV_INIT;
    uint64_t least = memory_of_machine();

    if (read_file("/proc/self/cgroup", 1 << 16, &text, NULL) < 0)
        return least;
    strv_split(&lines, text.buf, "\n");
    for (size_t i = 0; i < lines.count; i++) {
        uint64_t left = left_by_line(lines.items[i]);
        least = left < least ? left : least;
    }
    return least;
}
