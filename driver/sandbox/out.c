#include "sandbox/out.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"

/* A hostile build may leave millions of names; nobody wants to read more than a few. */
enum { MAX_NAMES = 16 };

/* Names are bytes that the build chose. */
static json_t *readable(const char *name)
{
    auto_free char *text = xstrdup(name);

    str_make_ascii(text);
    return json_string(text);
}

/* A mode that shuts out its owner is odd, not an obstacle. Nobody is alive to swap the file. */
static void make_readable(int out, const char *name)
{
    struct stat st;

    if (fstatat(out, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
        (void)fchmodat(out, name, 0600, 0); /* the open that follows will tell */
}

static int open_wheel(int out, const char *name)
{
    struct stat st;
    auto_close int fd = -1;

    if (!str_ends(name, ".whl"))
        return -1;
    make_readable(out, name);
    fd = openat(out, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        return -1;
    return steal_fd(&fd);
}

int sandbox_examine_out(int out, json_t *msg)
{
    auto_strv struct strv names = STRV_INIT;
    json_t *files = json_array();
    int wheel = -1;

    (void)fchmod(out, 0700); /* the same holds for the directory */
    bool listed = list_dir(out, MAX_NAMES + 1, &names, NULL) == 0;
    for (size_t i = 0; i < names.count && i < MAX_NAMES; i++)
        (void)json_array_append_new(files, readable(names.items[i]));
    if (names.count > MAX_NAMES)
        (void)json_array_append_new(files, json_string("..."));
    if (listed && names.count == 1)
        wheel = open_wheel(out, names.items[0]);
    (void)json_object_set_new(msg, "files", files);
    return wheel;
}
