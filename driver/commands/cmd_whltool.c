/* `truewheel whltool`: rules_python's whltool, the tool behind whl_library. Starts no Python. */
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "system/tmp.h"
#include "wheel/unpack.h"
#include "jobs/interpreter.h"
#include "bazel/build_file.h"
#include "bazel/names.h"
#include "commands/commands.h"

struct whltool_options {
    const char *whl;
    const char *requirements;
    const char *directory;
    struct strv extras;
    const char *rules_python_repo;
};

#define FIELD(name_) offsetof(struct whltool_options, name_)

static const struct opt options[] = {
    OPTION_VALUE(STRING, 0, "whl", whl, "FILE", "the wheel to unpack"),
    OPTION_VALUE(STRING, 0, "requirements", requirements, "LABEL",
                 "the requirements.bzl, for a wheel that depends on others"),
    OPTION_VALUE(STRING, 0, "directory", directory, "DIR", "where to unpack it (default: .)"),
    OPTION_VALUE(LIST, 0, "extras", extras, "NAME", "an extra that gets a target; may be repeated"),
    OPTION_VALUE(STRING, 0, "rules_python_repo", rules_python_repo, "NAME",
                 "the repository of py_library (default: rules_python)"),
};

static int check_options(const struct whltool_options *o, int argc, char **argv, struct err *err)
{
    if (argc)
        return err_set(err, ERR_USAGE, "whltool takes no argument '%s'", argv[0]);
    if (!o->whl)
        return err_set(err, ERR_USAGE, "whltool needs --whl");
    if (!bazel_is_repository_name(o->rules_python_repo))
        return err_set(err, ERR_USAGE,
                       "--rules_python_repo: '%s' cannot be the name of a Bazel repository",
                       o->rules_python_repo);
    return 0;
}

static int describe(const struct whltool_options *o, struct wheel_zip *z, struct str *out,
                    struct err *err)
{
    auto_wheel_deps struct wheel_deps deps = WHEEL_DEPS_INIT;
    auto_marker_env struct marker_env env = MARKER_ENV_INIT;
    auto_free char *python = NULL;

    int rc = interpreter_find(NULL, &python, err);
    if (rc == 0)
        rc = interpreter_markers(python, &env, err);
    if (rc == 0)
        rc = wheel_deps_read(&deps, z, err);
    if (rc < 0)
        return rc;
    struct bazel_build build = {
        .deps = &deps,
        .env = &env,
        .extras = &o->extras,
        .requirements = o->requirements,
        .rules_python = bazel_rules_python_for_build(o->rules_python_repo),
    };
    build.files = wheel_zip_entries(z, &build.file_count);
    return bazel_build_write(&build, out, err);
}

/* A BUILD file from the wheel would hide the files beside it from the one that is written here. */
static const char *place(void *arg UNUSED, const struct wheel_entry *entry)
{
    return bazel_is_build_file(entry->name) ? NULL : entry->name;
}

/* Whole or not at all, but without waiting for the disk: Bazel makes the directory anew if need be. */
static int write_build(int dirfd, const struct str *text, struct err *err)
{
    struct tmp_file tmp = TMP_FILE_INIT;
    int rc = tmp_file_create(dirfd, &tmp, err);

    if (rc < 0)
        return rc;
    rc = write_full(tmp.fd, text->buf, text->len);
    if (rc < 0)
        rc = err_errno(err, -rc, "cannot write BUILD");
    else if (fchmod(tmp.fd, 0644) != 0)
        rc = err_errno(err, errno, "cannot create BUILD");
    else
        rc = tmp_file_rename(&tmp, "BUILD", err);
    tmp_file_release(&tmp);
    return rc;
}

static int unpack(const struct whltool_options *o, struct wheel_zip *z, const struct str *build,
                  struct err *err)
{
    auto_close int dirfd = -1;
    int rc = make_dirs(o->directory, 0777, err);

    if (rc == 0)
        rc = wheel_unpack_open(o->directory, &dirfd, err);
    if (rc == 0)
        rc = wheel_unpack(z, dirfd, place, NULL, err);
    return rc < 0 ? rc : write_build(dirfd, build, err);
}

static int whltool(const struct whltool_options *o, struct err *err)
{
    auto_wheel_zip struct wheel_zip *z = NULL;
    auto_str struct str build = STR_INIT;
    auto_close int fd = open(o->whl, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return err_errno(err, errno, "cannot open '%s'", o->whl);
    int rc = wheel_zip_open(fd, &z, err);
    if (rc == 0)
        rc = describe(o, z, &build, err);
    if (rc == 0)
        rc = unpack(o, z, &build, err);
    return rc < 0 ? err_wrap(err, "'%s'", o->whl) : 0;
}

static int run(void *opaque, int argc, char **argv)
{
    struct whltool_options *o = opaque;
    auto_err struct err err = ERR_INIT;

    if (!o->rules_python_repo)
        o->rules_python_repo = "rules_python";
    if (!o->directory)
        o->directory = ".";
    int status = EXIT_DONE;
    if (check_options(o, argc, argv, &err) < 0)
        status = cmd_fail_usage(&cmd_whltool, &err);
    else if (whltool(o, &err) < 0)
        status = cmd_fail(&err);
    strv_release(&o->extras);
    return status;
}

const struct cmd cmd_whltool = {
    .name = "whltool",
    .arguments = "--whl FILE",
    .summary = "Unpack a wheel for Bazel's whl_library, and write its BUILD file.",
    .about = "Stands in for rules_python's whltool.par, also when it is called by that name.",
    .options = options,
    .option_count = ARRAY_SIZE(options),
    .options_size = sizeof(struct whltool_options),
    .run = run,
};
