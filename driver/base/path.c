/* File names as text: joined, split and checked. */
#include "base/path.h"

#include <string.h>
#include <unistd.h>

char *path_join(const char *dir, const char *name)
{
    if (name[0] == '/' || !dir[0])
        return xstrdup(name);
    size_t len = strlen(dir);
    return xasprintf("%s%s%s", dir, dir[len - 1] == '/' ? "" : "/", name);
}

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

char *path_dir(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return xstrdup(".");
    return xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
}

char *path_absolute(const char *path)
{
    if (path[0] == '/')
        return xstrdup(path);
    auto_free char *cwd = getcwd(NULL, 0);
    return path_join(cwd ? cwd : "/", path);
}

bool path_is_below(const char *path, const char *dir)
{
    size_t len = strlen(dir);

    while (len > 1 && dir[len - 1] == '/')
        len--;
    if (strncmp(path, dir, len) != 0)
        return false;
    return path[len] == '\0' || path[len] == '/' || (len == 1 && dir[0] == '/');
}

static bool part_is_safe(const char *part, size_t len)
{
    if (len == 0 || (len == 1 && part[0] == '.'))
        return false;
    return !(len == 2 && part[0] == '.' && part[1] == '.');
}

bool path_is_safe_member(const char *name, size_t len)
{
    if (len == 0 || len > 4096 || name[0] == '/')
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == 0x7f || name[i] == '\\')
            return false;
    for (size_t start = 0; start <= len;) {
        const char *slash = memchr(name + start, '/', len - start);
        size_t end = slash ? (size_t)(slash - name) : len;
        if (!part_is_safe(name + start, end - start))
            return false;
        start = end + 1;
    }
    return true;
}
