/* The times of earlier builds, a file for each project. */
#include "store/times.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/num.h"
#include "base/path.h"
#include "base/str.h"
#include "wheel/wheel_name.h"

static const char directory[] = "times";

/* "times/foo-bar". NULL: no name of a file. The caller frees. */
static char *name_of(const char *project)
{
    auto_free char *canonical = wheel_dist_canonical(project);

    if (!canonical[0] || canonical[0] == '.' || strchr(canonical, '/') || strlen(canonical) > 200)
        return NULL;
    return path_join(directory, canonical);
}

int64_t store_time_ms(const struct store *store, const char *project)
{
    auto_free char *name = name_of(project);
    auto_str struct str text = STR_INIT;
    uint64_t ms = 0;

    if (!name || !store_is_open(store))
        return 0;
    auto_close int fd = openat(store->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || read_all(fd, 20, &text, NULL) < 0)
        return 0;
    return parse_u64(text.buf, 1, INT32_MAX, &ms) ? (int64_t)ms : 0;
}

/* Two builds of one project at once: the second is not noted. */
static int write_new(const char *path, int64_t ms)
{
    auto_free char *text = xasprintf("%lld", (long long)(ms > 0 ? ms : 1));
    auto_close int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    return fd < 0 ? -1 : write_full(fd, text, strlen(text));
}

void store_time_note(struct store *store, const char *project, int64_t ms)
{
    auto_free char *name = name_of(project);

    if (!name || !store_is_open(store) || !store->writable)
        return;
    auto_free char *staged = xasprintf("%s/time-%s", store->staging.path, path_base(name));
    if (mkdirat(store->fd, directory, 0700) < 0 && errno != EEXIST)
        return;
    if (write_new(staged, ms) == 0 && renameat(AT_FDCWD, staged, store->fd, name) == 0)
        return;
    (void)unlink(staged);
}
