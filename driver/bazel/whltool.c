/* Unpacks a wheel for Bazel and writes its BUILD file. */
#include "bazel/whltool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "system/tmp.h"
#include "wheel/unpack.h"
#include "bazel/build_file.h"
#include "bazel/target.h"
#include "bazel/undo.h"

static int make_build_file(const struct whltool *tool, struct wheel_zip *z, struct str *out,
                           struct err *err)
{
    auto_wheel_deps struct wheel_deps deps = WHEEL_DEPS_INIT;
    auto_marker_env struct marker_env env = MARKER_ENV_INIT;

    int ret = bazel_target(NULL, &env, NULL, err);
    if (ret == 0)
        ret = wheel_deps_read(&deps, z, err);
    if (ret < 0)
        return ret;
    struct bazel_build build = {
        .deps = &deps,
        .env = &env,
        .extras = &tool->extras,
        .requirements = tool->requirements,
        .rules_python = bazel_rules_python_for_build(tool->rules_python_repo),
    };
    build.files = wheel_zip_entries(z, &build.file_count);
    return bazel_build_write(&build, out, err);
}

/*
 * A BUILD file of the wheel's own would hide the files beside it from the one that is written here.
 */
static const char *target_name(void *arg UNUSED, const struct wheel_entry *entry)
{
    return bazel_is_build_file(entry->name) ? NULL : entry->name;
}

/* Renamed into place, but not synced to disk: after a crash Bazel makes the directory anew. */
static int write_build_file(int dirfd, const struct str *text, struct err *err)
{
    struct tmp_file tmp = TMP_FILE_INIT;
    int ret = tmp_file_create(dirfd, &tmp, err);

    if (ret < 0)
        return ret;
    ret = write_full(tmp.fd, text->buf, text->len);
    if (ret < 0)
        ret = err_errno(err, ret, "cannot write BUILD");
    else if (fchmod(tmp.fd, 0644) != 0)
        ret = err_errno(err, errno, "cannot create BUILD");
    else
        ret = tmp_file_rename(&tmp, "BUILD", err);
    tmp_file_release(&tmp);
    return ret;
}

static int unpack_into(int dirfd, struct wheel_zip *z, const struct str *build, struct err *err)
{
    struct bazel_undo undo = {0};
    size_t count;
    const struct wheel_entry *entries = wheel_zip_entries(z, &count);

    for (size_t i = 0; i < count; i++)
        bazel_undo_note(&undo, dirfd, entries[i].name);
    int ret = wheel_unpack(z, dirfd, target_name, NULL, err);
    bazel_undo_finish(&undo, dirfd, ret);
    return ret < 0 ? ret : write_build_file(dirfd, build, err);
}

static int unpack(const struct whltool *tool, struct wheel_zip *z, const struct str *build,
                  struct err *err)
{
    bool new = access(tool->directory, F_OK) < 0;
    auto_close int dirfd = -1;
    int ret = make_dirs(tool->directory, 0777, err);

    if (ret == 0)
        ret = wheel_unpack_open(tool->directory, &dirfd, err);
    if (ret == 0)
        ret = unpack_into(dirfd, z, build, err);
    if (ret == -ERR_FORMAT && new)
        (void)rmdir(tool->directory); /* as long as it is empty */
    return ret;
}

int whltool_run(const struct whltool *tool, struct err *err)
{
    auto_wheel_zip struct wheel_zip *z = NULL;
    auto_str struct str build = STR_INIT;
    auto_close int fd = open(tool->whl, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", tool->whl);
    int ret = wheel_zip_open(fd, &z, err);
    if (ret == 0)
        ret = make_build_file(tool, z, &build, err);
    if (ret == 0)
        ret = unpack(tool, z, &build, err);
    return ret < 0 ? err_wrap(err, "'%s'", tool->whl) : 0;
}
