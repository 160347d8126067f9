/* Lists what a build has left in out/, and opens its wheel. */
#include "sandbox/out.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"

/* A hostile build may leave millions of names, of which a message shows a few. */
enum { MAX_NAMES = 16 };

/* The build chooses the names, and they may have any bytes. */
static json_t *printable(const char *name)
{
    auto_free char *text = xstrdup(name);

    str_make_ascii(text);
    return json_string(text);
}

/*
 * A wheel that its owner may not read is still a wheel. No process is alive that could replace it.
 */
static void make_readable(int out, const char *name)
{
    struct stat st;

    if (fstatat(out, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
        (void)set_mode_at(out, name, 0600, NULL); /* if it fails, the file cannot be opened next */
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

int sandbox_open_result(int out, json_t *msg)
{
    auto_strv struct strv names = STRV_INIT;
    json_t *files = json_array();
    int wheel = -1;

    (void)fchmod(out, 0700); /* as in make_readable() */
    bool listed = list_dir(out, MAX_NAMES + 1, &names, NULL) == 0;
    for (size_t i = 0; i < names.count && i < MAX_NAMES; i++)
        (void)json_array_append_new(files, printable(names.items[i]));
    if (names.count > MAX_NAMES)
        (void)json_array_append_new(files, json_string("..."));
    if (listed && names.count == 1)
        wheel = open_wheel(out, names.items[0]);
    (void)json_object_set_new(msg, "files", files);
    return wheel;
}
