/* Mount calls, and what replaces them on older kernels. */
#include "sandbox/mount.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/io.h"
#include "base/path.h"
#include "base/str.h"

/*
 * mount_setattr(2) exists since Linux 5.12. It is declared here because glibc has it only since
 * 2.36, and because <linux/mount.h> cannot be included beside <sys/mount.h> with every glibc.
 */
struct setattr {
    uint64_t set;
    uint64_t clear;
    uint64_t propagation;
    uint64_t userns_fd;
};
enum { SETATTR_RDONLY = 1, SETATTR_NOSUID = 2, SETATTR_NODEV = 4 };

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

int mount_tmpfs(const char *where, uint64_t max_bytes, const char *mode, struct err *err)
{
    auto_str struct str options = STR_INIT;

    str_addf(&options, "mode=%s", mode);
    if (max_bytes) /* names take memory, too, that does not count as the files' size */
        str_addf(&options, ",size=%llu,nr_inodes=1048576", (unsigned long long)max_bytes);
    if (mount("tmpfs", where, "tmpfs", MS_NOSUID | MS_NODEV, options.buf) < 0)
        return err_errno(err, errno, "cannot mount tmpfs at '%s'", where);
    return 0;
}

/* Decodes "\040" and the like, as mountinfo has them; in place. */
static void unescape(char *text)
{
    char *to = text;

    for (const char *p = text; *p; p++) {
        if (p[0] == '\\' && p[1] && p[2] && p[3]) {
            *to++ = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
            p += 3;
        } else {
            *to++ = *p;
        }
    }
    *to = '\0';
}

static unsigned long flags_of(const char *options)
{
    static const struct {
        const char *name;
        unsigned long flag;
    } known[] = {{"ro", MS_RDONLY},        {"nosuid", MS_NOSUID},   {"nodev", MS_NODEV},
                 {"noexec", MS_NOEXEC},    {"noatime", MS_NOATIME}, {"nodiratime", MS_NODIRATIME},
                 {"relatime", MS_RELATIME}};
    auto_strv struct strv words = STRV_INIT;
    unsigned long flags = 0;

    strv_split(&words, options, ",");
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (strv_contains(&words, known[i].name))
            flags |= known[i].flag;
    return flags;
}

/*
 * For kernels before 5.12: remounts each mount below `where`, with the flags that it has already,
 * because flags that a more privileged namespace has set are locked. A mount that another one
 * covers cannot be remounted, but it cannot be reached either.
 */
static int restrict_each(const char *where, unsigned long add, struct err *err)
{
    auto_str struct str text = STR_INIT;
    auto_strv struct strv lines = STRV_INIT;
    int ret = read_file(STAGE_HOST "/proc/self/mountinfo", 1 << 26, &text, err);

    if (ret < 0)
        return ret;
    strv_split(&lines, text.buf, "\n");
    for (size_t i = 0; i < lines.count; i++) {
        auto_strv struct strv words = STRV_INIT;
        strv_split(&words, lines.items[i], " ");
        if (words.count < 6)
            continue;
        unescape(words.items[4]);
        if (!path_is_below(words.items[4], where))
            continue;
        unsigned long flags = flags_of(words.items[5]) | add | MS_BIND | MS_REMOUNT;
        if (mount(NULL, words.items[4], NULL, flags, NULL) < 0 && errno != ENOENT &&
            errno != EINVAL)
            return err_errno(err, errno, "cannot make '%s' read-only", words.items[4]);
    }
    return 0;
}

int mount_restrict(const char *where, bool read_only, struct err *err)
{
    struct setattr attr = {
        .set = SETATTR_NOSUID | SETATTR_NODEV | (read_only ? SETATTR_RDONLY : 0),
    };

    if (!getenv("TRUEWHEEL_TEST_OLD_KERNEL") &&
        syscall(SYS_mount_setattr, AT_FDCWD, where, AT_RECURSIVE, &attr, sizeof(attr)) == 0)
        return 0;
    return restrict_each(where, MS_NOSUID | MS_NODEV | (read_only ? MS_RDONLY : 0), err);
}

int mount_bind(const char *from, const char *to, enum mount_access access, struct err *err)
{
    if (mount(from, to, NULL, MS_BIND | MS_REC, NULL) < 0)
        return err_errno(err, errno, "cannot show '%s' at '%s'", from, to);
    return mount_restrict(to, access == MOUNT_RO, err);
}

int mount_pivot(const char *where, const char *old, struct err *err)
{
    if (chdir(where) < 0)
        return err_errno(err, errno, "cannot enter '%s'", where);
    if (syscall(SYS_pivot_root, ".", old) < 0)
        return err_errno(err, errno, "cannot change the root directory (pivot_root)");
    return 0;
}

/* One step of mount_make_point: *dir becomes its child. */
static int descend(int *dir, const char *name, struct err *err)
{
    if (mkdirat(*dir, name, 0755) < 0 && errno != EEXIST)
        return err_errno(err, errno, "cannot make a mount point '%s'", name);
    int fd = openat(*dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, errno, "cannot use mount point '%s'", name);
    close_fd(dir);
    *dir = fd;
    return 0;
}

int mount_make_point(const char *root, const char *path, bool is_dir, struct err *err)
{
    auto_strv struct strv parts = STRV_INIT;
    auto_close int dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (dir < 0)
        return err_errno(err, errno, "cannot open '%s'", root);
    strv_split(&parts, path, "/");
    for (size_t i = 0; i + !is_dir < parts.count; i++) {
        int ret = descend(&dir, parts.items[i], err);
        if (ret < 0)
            return err_wrap(err, "'%s'", path);
    }
    if (is_dir)
        return 0;
    const char *name = parts.items[parts.count - 1];
    auto_close int file =
        openat(dir, name, O_RDONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0444);
    if (file < 0 && errno != EACCES) /* EACCES: it exists, which is all that a mount point must */
        return err_errno(err, errno, "cannot make a mount point '%s'", path);
    return 0;
}
