#include "work/bazel_build.h"

#include <string.h>

#include "base/path.h"
#include "work/bazel_names.h"

const char *bazel_rules_python_for_build(const char *repository)
{
    return strcmp(repository, "io_bazel_rules_python") == 0 ? NULL : repository;
}

bool bazel_is_build_file(const char *name)
{
    const char *base = path_base(name);

    return strcmp(base, "BUILD") == 0 || strcmp(base, "BUILD.bazel") == 0;
}

/* The attribute `deps`, one dependency a line; an extra depends on the package itself as well. */
static int add_deps(const struct bazel_build *b, const char *extra, struct str *out,
                    struct err *err)
{
    auto_strv struct strv deps = STRV_INIT;
    int rc = wheel_deps_list(b->deps, b->env, extra, &deps, err);

    if (rc < 0)
        return rc;
    if (deps.count && !b->requirements)
        return err_set(err, ERR_USAGE, "the wheel depends on %s, and no --requirements is given",
                       deps.items[0]);
    str_add(out, "    deps = [");
    str_add(out, deps.count || extra[0] ? "\n" : "");
    str_add(out, extra[0] ? "        \":pkg\",\n" : "");
    for (size_t i = 0; i < deps.count; i++) {
        str_add(out, "        requirement(");
        starlark_quote(out, deps.items[i]);
        str_add(out, "),\n");
    }
    str_add(out, deps.count || extra[0] ? "    ],\n)\n" : "],\n)\n");
    return 0;
}

static void add_loads(const struct bazel_build *b, struct str *out)
{
    if (b->rules_python)
        str_addf(out, "load(\"@%s//python:defs.bzl\", \"py_library\")\n", b->rules_python);
    if (b->requirements) {
        str_add(out, "load(");
        starlark_quote(out, b->requirements);
        str_add(out, ", \"requirement\")\n");
    }
    if (b->rules_python || b->requirements)
        str_addch(out, '\n');
    str_add(out, "package(default_visibility = [\"//visibility:public\"])\n");
}

/* Old Bazel does not know glob's allow_empty, new Bazel fails without it: no glob for no sources. */
static int add_package(const struct bazel_build *b, struct str *out, struct err *err)
{
    str_add(out, "\npy_library(\n    name = \"pkg\",\n");
    str_add(out, b->has_python_sources ? "    srcs = glob([\"**/*.py\"]),\n" : "    srcs = [],\n");
    str_add(out, "    data = glob([\"**/*\"], exclude = [\"**/*.py\", \"**/* *\", \"BUILD\", "
                 "\"WORKSPACE\"]),\n"
                 "    # The directory is where imports start for everything that depends on this.\n"
                 "    imports = [\".\"],\n");
    return add_deps(b, "", out, err);
}

static int add_extra(const struct bazel_build *b, const char *extra, struct str *out,
                     struct err *err)
{
    auto_free char *target = bazel_extra_target(extra);

    str_add(out, "\npy_library(\n    name = ");
    starlark_quote(out, target);
    str_add(out, ",\n");
    return add_deps(b, extra, out, err);
}

int bazel_build_write(const struct bazel_build *build, struct str *out, struct err *err)
{
    add_loads(build, out);
    int rc = add_package(build, out, err);
    for (size_t i = 0; i < build->extras->count && rc == 0; i++)
        rc = add_extra(build, build->extras->items[i], out, err);
    return rc;
}
