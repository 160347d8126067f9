/* Writes the BUILD file of an unpacked wheel. */
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

/*
 * The attribute `deps`, one dependency on each line. An extra also depends on the package itself.
 */
static int add_deps(const struct bazel_build *b, const char *extra, struct str *out,
                    struct err *err)
{
    auto_strv struct strv deps = STRV_INIT;
    int ret = wheel_deps_list(b->deps, b->env, extra, &deps, err);

    if (ret < 0)
        return ret;
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
 * Whether a label cannot have this name: Bazel 0.21 fails for the whole package when a glob finds
 * it. That is so for ':', for what is not ASCII, and for blanks (which rules_python's own tool
 * always left out).
 */
static bool is_excluded(const char *name)
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

/*
 * Adds a glob pattern that matches this name. A pattern may not have '?', and "**" only as a whole
 * part of the path, so that each '?' and each run of '*' becomes one '*'.
 */
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

/*
 * The patterns to exclude from the glob of the sources, or from that of all other files. Two
 * patterns cover all names with blanks.
 */
static void list_excludes(const struct bazel_build *b, bool sources, struct strv *ret_patterns)
{
    bool blank = false, in_directory = false;
    auto_strv struct strv others = STRV_INIT;

    for (size_t i = 0; i < b->file_count; i++) {
        const char *name = b->files[i].name;
        if (str_ends(name, ".py") != sources || bazel_is_build_file(name) || !is_excluded(name))
            continue;
        blank = blank || strchr(name, ' ');
        in_directory = in_directory || has_blank_directory(name);
        if (!strchr(name, ' '))
            add_pattern(&others, name);
    }
    if (blank && sources)
        strv_push(ret_patterns, "**/* *");
    if (in_directory)
        strv_push(ret_patterns, "**/* */**");
    strv_extend(ret_patterns, &others);
}

/*
 * A wheel without sources gets no glob for them: new versions of Bazel refuse an empty one unless
 * it has allow_empty, which old versions do not know.
 */
static bool has_sources(const struct bazel_build *b)
{
    for (size_t i = 0; i < b->file_count; i++)
        if (str_ends(b->files[i].name, ".py") && !is_excluded(b->files[i].name))
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
    auto_strv struct strv excludes = STRV_INIT;

    if (!has_sources(b)) {
        str_add(out, "    srcs = [],\n");
        return;
    }
    list_excludes(b, true, &excludes);
    str_add(out, "    srcs = glob([\"**/*.py\"]");
    str_add(out, excludes.count ? ", exclude = [" : "");
    add_patterns(&excludes, out);
    str_add(out, excludes.count ? "]),\n" : "),\n");
}

static void add_data(const struct bazel_build *b, struct str *out)
{
    static const char *const always[] = {"**/*.py", "**/* *", "BUILD", "WORKSPACE"};
    auto_strv struct strv excludes = STRV_INIT;

    for (size_t i = 0; i < ARRAY_SIZE(always); i++)
        strv_push(&excludes, always[i]);
    list_excludes(b, false, &excludes);
    str_add(out, "    data = glob([\"**/*\"], exclude = [");
    add_patterns(&excludes, out);
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
    int ret = add_package(build, out, err);
    for (size_t i = 0; i < build->extras->count && ret == 0; i++)
        ret = add_extra(build, build->extras->items[i], out, err);
    return ret;
}
