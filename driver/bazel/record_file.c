/* Writes RECORD and INSTALLER of a wheel that was laid out for Bazel. */
#include "bazel/record_file.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/sha256.h"
#include "base/str.h"
#include "wheel/record.h"
#include "wheel/unpack.h"

static const char site_packages[] = "site-packages/";
static const char installer[] = "truewheel\n";

static int add_row(int dirfd, const char *name, struct str *record, struct err *err)
{
    bool outside = !str_starts(name, site_packages);
    const char *rest = outside ? name : name + strlen(site_packages);
    auto_free char *path = xasprintf("%s%s", outside ? "../" : "", rest);
    auto_close int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    uint8_t digest[SHA256_BYTES];
    uint64_t size;

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", name);
    int ret = sha256_fd(fd, digest, &size, err);
    if (ret < 0)
        return err_wrap(err, "'%s'", name);
    record_write_row(record, path, digest, size);
    return 0;
}

int bazel_record_write(int dirfd, const char *dist_info, struct strv *files, struct err *err)
{
    auto_str struct str record = STR_INIT, text = STR_INIT;
    auto_free char *path = xasprintf("%s/RECORD", dist_info);
    auto_free char *record_name = xasprintf("%s%s", site_packages, path);
    auto_free char *installer_name = xasprintf("%s%s/INSTALLER", site_packages, dist_info);

    str_add(&text, installer);
    int ret = wheel_unpack_text(dirfd, installer_name, &text, false, err);
    strv_push(files, installer_name);
    strv_sort(files);
    for (size_t i = 0; i < files->count && ret == 0; i++)
        if (!i || strcmp(files->items[i], files->items[i - 1]) != 0)
            ret = add_row(dirfd, files->items[i], &record, err);
    if (ret < 0)
        return ret;
    record_write_row(&record, path, NULL, 0);
    return wheel_unpack_text(dirfd, record_name, &record, false, err);
}

bool bazel_record_replaces(const char *dist_info, const char *name)
{
    size_t len = strlen(dist_info);

    return strncmp(name, dist_info, len) == 0 &&
           (strcmp(name + len, "/RECORD") == 0 || strcmp(name + len, "/INSTALLER") == 0);
}
