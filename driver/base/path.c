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

static bool parts_are_safe(const char *name, size_t len)
{
    for (size_t start = 0; start <= len;) {
        const char *slash = memchr(name + start, '/', len - start);
        size_t end = slash ? (size_t)(slash - name) : len;
        if (!part_is_safe(name + start, end - start))
            return false;
        start = end + 1;
    }
    return true;
}

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c ? strchr(digits, c | 0x20) : NULL;

    return found ? (int)(found - digits) : -1;
}

char *path_of_url(const char *url)
{
    static const char scheme[] = "file://";

    if (strncasecmp(url, scheme, strlen(scheme)) != 0)
        return NULL;
    url += strlen(scheme);
    if (strncasecmp(url, "localhost/", 10) == 0)
        url += strlen("localhost");
    if (url[0] != '/')
        return NULL;
    size_t len = strcspn(url, "?#"), out = 0;
    char *path = xmalloc(len + 1);
    for (size_t i = 0; i < len; i++) {
        int high = url[i] == '%' ? hex_value(url[i + 1]) : -1;
        int low = high >= 0 ? hex_value(url[i + 2]) : -1;
        path[out++] = low >= 0 ? (char)(high << 4 | low) : url[i];
        i += low >= 0 ? 2 : 0;
    }
    path[out] = '\0';
    return path;
}

bool path_is_inner(const char *name)
{
    size_t len = strlen(name);

    return len > 0 && len <= 4096 && parts_are_safe(name, len);
}

bool path_is_normal(const char *path)
{
    return path[0] == '/' && path_is_inner(path + 1);
}

bool path_is_safe_member(const char *name, size_t len)
{
    if (len == 0 || len > 4096 || name[0] == '/')
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == 0x7f || name[i] == '\\')
            return false;
    return parts_are_safe(name, len);
}
