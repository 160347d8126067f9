#include "bazel/build_file.h"

#include <string.h>

#include "base/path.h"
#include "bazel/names.h"

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

/*
 * Names that no label can have: Bazel 0.21 fails for the whole package when a glob finds one. Blanks
 * (rules_python's tool left them out from the start), ':', and what is not ASCII.
 */
static bool is_odd(const char *name)
{
    for (; *name; name++)
        if (*name == ' ' || *name == ':' || (unsigned char)*name >= 0x80)
            return true;
    return false;
}

static bool has_blank_directory(const char *name)
{
    const char *blank = strchr(name, ' ');

    return blank && strchr(blank, '/');
}

/* As a pattern that means this name: '?' may not be in one, and "**" only as a part of its own. */
static void add_pattern(struct strv *patterns, const char *name)
{
    auto_str struct str pattern = STR_INIT;

    for (; *name; name++)
        if (*name != '?' && *name != '*')
            str_addch(&pattern, *name);
        else if (!str_ends(pattern.buf, "*"))
            str_addch(&pattern, '*');
    strv_push(patterns, pattern.buf);
}

/* The odd names among the sources, or among the other files. A blank needs no line for each. */
static void find_odd(const struct bazel_build *b, bool sources, struct strv *ret)
{
    bool blank = false, in_directory = false;
    auto_strv struct strv others = STRV_INIT;

    for (size_t i = 0; i < b->file_count; i++) {
        const char *name = b->files[i].name;
        if (str_ends(name, ".py") != sources || bazel_is_build_file(name) || !is_odd(name))
            continue;
        blank = blank || strchr(name, ' ');
        in_directory = in_directory || has_blank_directory(name);
        if (!strchr(name, ' '))
            add_pattern(&others, name);
    }
    if (blank && sources)
        strv_push(ret, "**/* *");
    if (in_directory)
        strv_push(ret, "**/* */**");
    strv_extend(ret, &others);
}

/* Old Bazel does not know glob's allow_empty, new Bazel fails without it: no glob for no sources. */
static bool has_sources(const struct bazel_build *b)
{
    for (size_t i = 0; i < b->file_count; i++)
        if (str_ends(b->files[i].name, ".py") && !is_odd(b->files[i].name))
            return true;
    return false;
}

static void add_patterns(const struct strv *patterns, struct str *out)
{
    for (size_t i = 0; i < patterns->count; i++) {
        str_add(out, i ? ", " : "");
        starlark_quote(out, patterns->items[i]);
    }
}

static void add_sources(const struct bazel_build *b, struct str *out)
{
    auto_strv struct strv odd = STRV_INIT;

    if (!has_sources(b)) {
        str_add(out, "    srcs = [],\n");
        return;
    }
    find_odd(b, true, &odd);
    str_add(out, "    srcs = glob([\"**/*.py\"]");
    str_add(out, odd.count ? ", exclude = [" : "");
    add_patterns(&odd, out);
    str_add(out, odd.count ? "]),\n" : "),\n");
}

static void add_data(const struct bazel_build *b, struct str *out)
{
    static const char *const always[] = {"**/*.py", "**/* *", "BUILD", "WORKSPACE"};
    auto_strv struct strv excluded = STRV_INIT;

    for (size_t i = 0; i < ARRAY_SIZE(always); i++)
        strv_push(&excluded, always[i]);
    find_odd(b, false, &excluded);
    str_add(out, "    data = glob([\"**/*\"], exclude = [");
    add_patterns(&excluded, out);
    str_add(out, "]),\n");
}

static int add_package(const struct bazel_build *b, struct str *out, struct err *err)
{
    str_add(out, "\npy_library(\n    name = \"pkg\",\n");
    add_sources(b, out);
    add_data(b, out);
    str_add(out, "    # The directory is where imports start for everything that depends on this.\n"
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
