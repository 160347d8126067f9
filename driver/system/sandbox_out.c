#include "system/sandbox_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

/* A hostile build may leave millions of names; nobody wants to read more than a few. */
enum { MAX_NAMES = 16 };

struct listing {
    struct strv names;
    bool cut;
};

static void list(int out, struct listing *ret)
{
    int fd = openat(out, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir) {
        close_fd(&fd);
        return;
    }
    for (struct dirent *entry; !ret->cut && (entry = readdir(dir));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        ret->cut = ret->names.count == MAX_NAMES;
        if (!ret->cut)
            strv_push(&ret->names, entry->d_name);
    }
    (void)closedir(dir);
    strv_sort(&ret->names);
}

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
    struct listing listing = {0};
    json_t *files = json_array();
    int wheel = -1;

    (void)fchmod(out, 0700); /* the same holds for the directory */
    list(out, &listing);
    for (size_t i = 0; i < listing.names.count; i++)
        (void)json_array_append_new(files, readable(listing.names.items[i]));
    if (listing.cut)
        (void)json_array_append_new(files, json_string("..."));
    if (listing.names.count == 1)
        wheel = open_wheel(out, listing.names.items[0]);
    (void)json_object_set_new(msg, "files", files);
    strv_release(&listing.names);
    return wheel;
}
