/* Looks at /proc/meminfo and at the cgroups of this process. */
#include "system/memory.h"

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

/* The number behind `key`, at the start of a line; 0 when there is none. */
static uint64_t number_behind(const char *text, const char *key)
{
    size_t len = strlen(key);

    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, len) == 0)
            return strtoull(line + len, NULL, 10);
        if (!*line)
            break;
    }
    return 0;
}

/* In bytes; MemAvailable is there since Linux 3.14. */
static uint64_t of_machine(const char *key)
{
    auto_str struct str text = STR_INIT;

    if (read_file("/proc/meminfo", 1 << 16, &text, NULL) < 0)
        return 0;
    return number_behind(text.buf, key) * 1024;
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

/* Page cache of a cgroup, which the kernel gives up before it ends anybody. */
static uint64_t cache_in(const char *dir, const char *const keys[2])
{
    auto_free char *path = xasprintf("%s/memory.stat", dir);
    auto_str struct str text = STR_INIT;

    if (read_file(path, 1 << 16, &text, NULL) < 0)
        return 0;
    return number_behind(text.buf, keys[0]) + number_behind(text.buf, keys[1]);
}

struct version {
    const char *limit, *used; /* names of files */
    const char *cache[2];     /* in memory.stat */
};

static const struct version v1 = {
    "memory.limit_in_bytes",
    "memory.usage_in_bytes",
    {"total_inactive_file ", "total_active_file "},
};
static const struct version v2 = {
    "memory.max", "memory.current", {"inactive_file ", "active_file "}};

/* What one cgroup leaves. */
static uint64_t left_in(const char *dir, const struct version *version)
{
    uint64_t limit = read_number(dir, version->limit);
    uint64_t used = read_number(dir, version->used);

    if (limit == UINT64_MAX || used == UINT64_MAX)
        return UINT64_MAX;
    return at_least_zero(limit, at_least_zero(used, cache_in(dir, version->cache)));
}

/* The least that the cgroup and those above it leave: each may have a limit. Changes `path`. */
static uint64_t left_on_path(const char *mount, char *path, const struct version *version)
{
    uint64_t least = UINT64_MAX;

    for (;;) {
        auto_free char *dir = xasprintf("%s%s", mount, path);
        uint64_t left = left_in(dir, version);
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
    if (!*controllers)
        return left_on_path("/sys/fs/cgroup", path, &v2);
    if (strcmp(controllers, "memory") != 0)
        return UINT64_MAX;
    return left_on_path("/sys/fs/cgroup/memory", path, &v1);
}

uint64_t memory_available(void)
{
    auto_str struct str text = STR_INIT;
    auto_strv struct strv lines = STRV_INIT;
    uint64_t least = of_machine("MemAvailable:");

    if (read_file("/proc/self/cgroup", 1 << 16, &text, NULL) < 0)
        return least;
    strv_split(&lines, text.buf, "\n");
    for (size_t i = 0; i < lines.count; i++) {
        uint64_t left = left_by_line(lines.items[i]);
        least = left < least ? left : least;
    }
    return least;
}

uint64_t memory_left(void)
{
    return memory_available() + of_machine("SwapFree:");
}

uint64_t memory_kills(void)
{
    auto_str struct str text = STR_INIT;

    return read_file("/proc/vmstat", 1 << 16, &text, NULL) < 0
               ? 0
               : number_behind(text.buf, "oom_kill ");
}
