/* Looks at native code. */
#include "lint/lint_native.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "content/elf_look.h"
#include "lint/platform.h"

/* ---------------------------------------------------------------------------------- what file it is */

/* "x.cpython-311-x86_64-linux-gnu.so", "x.abi3.so", "x.cp311-win_amd64.pyd", "libz-1a2b.so.1.2" */
static bool is_library(const char *name)
{
    return str_ends(name, ".so") || str_ends(name, ".pyd") || str_ends(name, ".dylib") ||
           str_ends(name, ".dll") || strstr(path_base(name), ".so.") != NULL;
}

static void list_platforms(const struct subject *s, struct strv *out)
{
    if (s->has_name)
        subject_split(s->name.platform, out);
}

static bool is_for_any(const struct subject *s)
{
    return s->has_name && str_eq(s->name.platform, "any");
}

static void check_pure(const struct subject *s, const char *name)
{
    if (is_for_any(s) && is_library(name))
        lint_add(s->report, LINT_NOT_PURE, name, "native code in a wheel for any platform");
}

/* -------------------------------------------------------------------------------------- module tags */

/* The digits behind "cpython-" or "cp" in a module's name: 311; 0: none. */
static int module_version(const char *name)
{
    const char *base = path_base(name);
    const char *at = strstr(base, ".cpython-");
    int version = 0;

    if (at && sscanf(at, ".cpython-%4d", &version) == 1)
        return version;
    at = strstr(base, ".cp");
    if (at && str_ends(base, ".pyd") && sscanf(at, ".cp%4d-", &version) == 1)
        return version;
    return 0;
}

/* The wheel's tags have the version, or say nothing of one. */
static bool tags_allow(const struct subject *s, int version)
{
    auto_strv struct strv pythons = STRV_INIT;
    bool names_version = false;

    subject_split(s->name.python, &pythons);
    for (size_t i = 0; i < pythons.count; i++) {
        int of_tag = 0;
        if (sscanf(pythons.items[i], "cp%4d", &of_tag) != 1 || of_tag < 10)
            continue;
        names_version = true;
        if (of_tag == version)
            return true;
    }
    return !names_version;
}

static void check_module_tag(const struct subject *s, const char *name)
{
    int version = module_version(name);

    if (version && s->has_name && !tags_allow(s, version))
        lint_add(s->report, LINT_MODULE_TAG, name, "it is for CPython %d.%d, the wheel is for %s",
                 version / 100 ? version / 100 : version / 10,
                 version / 100 ? version % 100 : version % 10, s->name.python);
}

/* ------------------------------------------------------------------------------- processor and system */

static bool same_machine(const char *of_tag, const char *of_file)
{
    static const char *const equal[][2] = {{"armv6l", "armv7l"}, {"armv8l", "armv7l"},
                                           {"i386", "i686"},     {"i586", "i686"},
                                           {"arm64", "aarch64"}, {"amd64", "x86_64"}};

    if (str_eq(of_tag, of_file))
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(equal); i++)
        if (str_eq(of_tag, equal[i][0]) && str_eq(of_file, equal[i][1]))
            return true;
    return false;
}

static bool is_linux(const struct platform *p)
{
    return p->system == PLATFORM_LINUX || p->system == PLATFORM_MANYLINUX ||
           p->system == PLATFORM_MUSLLINUX;
}

/* Data that happens to be a program, such as helpers for other machines, is nobody's business. */
static bool is_module(const char *name, const struct elf_facts *f)
{
    return f->type == ET_DYN && is_library(name);
}

static void check_machine(const struct subject *s, const char *name, const struct elf_facts *f)
{
    auto_strv struct strv platforms = STRV_INIT;
    const char *machine = elf_machine_name(f);
    bool known = false;

    list_platforms(s, &platforms);
    for (size_t i = 0; i < platforms.count; i++) {
        struct platform p;
        platform_parse(platforms.items[i], &p);
        if (p.system == PLATFORM_ANY || p.system == PLATFORM_OTHER)
            return;
        known = true;
        if (is_linux(&p) && machine && same_machine(p.machine, machine))
            return;
    }
    if (known)
        lint_add(s->report, LINT_MACHINE, name, "a Linux file for %s, the wheel is for %s",
                 machine ? machine : "another processor", s->name.platform);
}

static void check_foreign(const struct subject *s, const char *name, enum content_kind kind)
{
    enum platform_system wanted = kind == CONTENT_PE ? PLATFORM_WINDOWS : PLATFORM_MACOS;
    auto_strv struct strv platforms = STRV_INIT;

    list_platforms(s, &platforms);
    for (size_t i = 0; i < platforms.count; i++) {
        struct platform p;
        platform_parse(platforms.items[i], &p);
        if (p.system == wanted || p.system == PLATFORM_ANY || p.system == PLATFORM_OTHER)
            return;
    }
    /* ".so" is what macOS calls modules, too. */
    if (platforms.count && is_library(name))
        lint_add(s->report, LINT_MACHINE, name, "a file for %s, the wheel is for %s",
                 kind == CONTENT_PE ? "Windows" : "macOS", s->name.platform);
}

/* ------------------------------------------------------------------------------------------ C library */

/* The oldest glibc that the tags promise to need; false when one promises none. */
static bool promised_glibc(const struct subject *s, int *ret_major, int *ret_minor)
{
    auto_strv struct strv platforms = STRV_INIT;
    bool found = false;

    list_platforms(s, &platforms);
    for (size_t i = 0; i < platforms.count; i++) {
        struct platform p;
        platform_parse(platforms.items[i], &p);
        if (p.system != PLATFORM_MANYLINUX)
            continue;
        if (!found || p.major < *ret_major || (p.major == *ret_major && p.minor < *ret_minor)) {
            *ret_major = p.major;
            *ret_minor = p.minor;
        }
        found = true;
    }
    return found;
}

static void check_glibc(const struct subject *s, const char *name, const struct elf_facts *f)
{
    int major, minor, worst_major = 0, worst_minor = 0;

    if (!promised_glibc(s, &major, &minor))
        return;
    for (size_t i = 0; i < f->versions.count; i++) {
        const char *version = strstr(f->versions.items[i], " GLIBC_");
        int a = 0, b = 0;
        if (!version || sscanf(version, " GLIBC_%4d.%4d", &a, &b) != 2)
            continue;
        if (a > worst_major || (a == worst_major && b > worst_minor)) {
            worst_major = a;
            worst_minor = b;
        }
    }
    if (worst_major > major || (worst_major == major && worst_minor > minor))
        lint_add(s->report, LINT_LIBC, name, "needs glibc %d.%d, the tag promises %d.%d",
                 worst_major, worst_minor, major, minor);
}

static bool needs(const struct elf_facts *f, const char *library)
{
    for (size_t i = 0; i < f->needed.count; i++)
        if (str_starts(f->needed.items[i], library))
            return true;
    return false;
}

static void check_libc(const struct subject *s, const char *name, const struct elf_facts *f)
{
    if (subject_is_for(s, "musllinux_") && needs(f, "libc.so.6"))
        lint_add(s->report, LINT_LIBC, name, "needs glibc, the tag is for musl");
    else if (subject_is_for(s, "manylinux") && needs(f, "libc.musl-"))
        lint_add(s->report, LINT_LIBC, name, "needs musl, the tag is for glibc");
    else
        check_glibc(s, name, f);
}

/* --------------------------------------------------------------------------------------------- paths */

static void check_rpath(const struct subject *s, const char *name, const char *what,
                        const char *path)
{
    auto_strv struct strv parts = STRV_INIT;

    if (path)
        strv_split(&parts, path, ":");
    for (size_t i = 0; i < parts.count; i++) {
        if (str_starts(parts.items[i], "$ORIGIN") || str_starts(parts.items[i], "${ORIGIN}"))
            continue;
        lint_add(s->report, LINT_RPATH, name, "%s '%s'", what, parts.items[i]);
        return;
    }
}

static void check_needed(const struct subject *s, const char *name, const struct elf_facts *f)
{
    for (size_t i = 0; i < f->needed.count; i++)
        if (f->needed.items[i][0] == '/')
            lint_add(s->report, LINT_NEEDED_PATH, name, "needs '%s'", f->needed.items[i]);
}

static int check_elf(const struct subject *s, const char *name, const char *bytes, size_t len,
                     struct err *err)
{
    auto_elf_facts struct elf_facts f = ELF_FACTS_INIT;
    auto_err struct err cause = ERR_INIT;
    int ret = elf_look(bytes, len, &f, &cause);

    if (ret == -ERR_FORMAT) {
        lint_add(s->report, LINT_ELF, name, "%s", cause.message);
        return 0;
    }
    if (ret < 0) {
        err_move(err, &cause);
        return ret;
    }
    check_rpath(s, name, "RPATH", f.rpath);
    check_rpath(s, name, "RUNPATH", f.runpath);
    check_needed(s, name, &f);
    if (is_module(name, &f)) {
        check_machine(s, name, &f);
        check_libc(s, name, &f);
    }
    return 0;
}

int lint_native(const struct subject *s, const char *name, enum content_kind kind,
                const char *bytes, size_t len, struct err *err)
{
    check_pure(s, name);
    check_module_tag(s, name);
    if (kind == CONTENT_ELF)
        return elf_look_supported() ? check_elf(s, name, bytes, len, err) : 0;
    check_foreign(s, name, kind);
    return 0;
}
