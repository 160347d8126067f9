/* Names the logs of builds, and keeps those of failures, within bounds. */
#include "build/logs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "base/vec.h"

/* --------------------------------------------------------------------------------------- names */

char *logs_new_path(struct builder *b, const char *dir)
{
    int number = 1;

    (void)pthread_mutex_lock(&b->logs_lock);
    for (size_t i = 0; i < b->logs.count; i++)
        number += str_eq(b->logs.items[i], dir);
    strv_push(&b->logs, dir);
    (void)pthread_mutex_unlock(&b->logs_lock);
    if (number == 1)
        return xasprintf("%s/%s.log", b->log_dir, dir);
    return xasprintf("%s/%s-%d.log", b->log_dir, dir, number);
}

/* --------------------------------------------------------------------------------------- bounds */

struct kept {
    char *name; /* owned by the list of names */
    struct timespec time;
    uint64_t bytes;
};

static int compare_newest_first(const void *a, const void *b)
{
    const struct timespec x = ((const struct kept *)a)->time, y = ((const struct kept *)b)->time;

    if (x.tv_sec != y.tv_sec)
        return x.tv_sec < y.tv_sec ? 1 : -1;
    return (x.tv_nsec < y.tv_nsec) - (x.tv_nsec > y.tv_nsec);
}

static size_t list_kept(int dirfd, const struct strv *names, struct kept *ret)
{
    size_t count = 0;

    for (size_t i = 0; i < names->count; i++) {
        struct stat st;
        if (str_ends(names->items[i], ".log") &&
            fstatat(dirfd, names->items[i], &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
            ret[count++] = (struct kept){names->items[i], st.st_mtim, (uint64_t)st.st_size};
    }
    qsort(ret, count, sizeof(*ret), compare_newest_first);
    return count;
}

/* Two runs may do so at once: what is gone already is no error. */
static void remove_beyond_bounds(int dirfd)
{
    auto_strv struct strv names = STRV_INIT;
    uint64_t bytes = 0;

    if (list_dir(dirfd, 0, &names, NULL) < 0)
        return;
    auto_free struct kept *kept = xcalloc(names.count + 1, sizeof(*kept));
    size_t count = list_kept(dirfd, &names, kept);
    time_t oldest = time(NULL) - (time_t)LOGS_MAX_DAYS * 24 * 3600;
    for (size_t i = 0; i < count; i++) {
        bytes += kept[i].bytes;
        bool fits = i < LOGS_MAX_COUNT && bytes <= LOGS_MAX_BYTES;
        if (i && (!fits || kept[i].time.tv_sec < oldest)) /* the first one has just been written */
            (void)unlinkat(dirfd, kept[i].name, 0);
    }
}

/* -------------------------------------------------------------------------------------- keeping */

static int open_kept_dir(const char *path, int *ret_fd, struct err *err)
{
    struct stat st;
    int ret = make_dirs(path, 0700, err);

    if (ret < 0)
        return ret;
    auto_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return err_errno(err, errno, "cannot open '%s'", path);
    if (st.st_uid != geteuid() || st.st_mode & 022)
        return err_set(err, ERR_ENVIRONMENT, "'%s' is not this user's alone to write to", path);
    *ret_fd = steal_fd(&fd);
    return 0;
}

static int copy_into(const char *kept_dir, const char *path, const char *dir, char **ret_kept,
                     struct err *err)
{
    static const char suffix[] = "-XXXXXX.log";
    auto_free char *to = xasprintf("%s/%.200s%s", kept_dir, dir, suffix);
    auto_close int from = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (from < 0)
        return err_errno(err, errno, "cannot open '%s'", path);
    auto_close int fd = mkostemps(to, sizeof(".log") - 1, O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, errno, "cannot create a file in '%s'", kept_dir);
    int ret = copy_fd(from, fd, err);
    if (ret < 0)
        (void)unlink(to);
    else
        *ret_kept = steal(&to);
    return ret;
}

int logs_keep(const struct builder *b, const char *path, const char *dir, char **ret_kept,
              struct err *err)
{
    auto_close int dirfd = -1;

    if (b->options->log_dir) {
        *ret_kept = xstrdup(path);
        return 0;
    }
    if (!b->kept_logs)
        return err_set(err, ERR_ENVIRONMENT, "there is no home directory");
    int ret = open_kept_dir(b->kept_logs, &dirfd, err);
    if (ret == 0)
        ret = copy_into(b->kept_logs, path, dir, ret_kept, err);
    if (ret == 0)
        remove_beyond_bounds(dirfd);
    return ret;
}
