/* Reads platform tags. */
#include "lint/platform.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* Older names of what PEP 600 writes with the version of glibc. */
static const struct legacy {
    const char *prefix;
    int major, minor;
} legacies[] = {{"manylinux1_", 2, 5}, {"manylinux2010_", 2, 12}, {"manylinux2014_", 2, 17}};

static bool parse_versioned(const char *tag, const char *prefix, struct platform *p)
{
    int end = 0;
    size_t len = strlen(prefix);

    if (!str_starts(tag, prefix) ||
        sscanf(tag + len, "%4d_%4d_%n", &p->major, &p->minor, &end) != 2 || !end)
        return false;
    p->machine = tag + len + end;
    return *p->machine;
}

static bool parse_legacy(const char *tag, struct platform *p)
{
    for (size_t i = 0; i < ARRAY_SIZE(legacies); i++) {
        if (!str_starts(tag, legacies[i].prefix))
            continue;
        p->major = legacies[i].major;
        p->minor = legacies[i].minor;
        p->machine = tag + strlen(legacies[i].prefix);
        return true;
    }
    return false;
}

void platform_parse(const char *tag, struct platform *ret_platform)
{
    struct platform p = {.system = PLATFORM_OTHER, .machine = ""};

    if (str_eq(tag, "any")) {
        p.system = PLATFORM_ANY;
    } else if (parse_versioned(tag, "manylinux_", &p) || parse_legacy(tag, &p)) {
        p.system = PLATFORM_MANYLINUX;
    } else if (parse_versioned(tag, "musllinux_", &p)) {
        p.system = PLATFORM_MUSLLINUX;
    } else if (parse_versioned(tag, "macosx_", &p)) {
        p.system = PLATFORM_MACOS;
    } else if (str_starts(tag, "linux_")) {
        p.system = PLATFORM_LINUX;
        p.machine = tag + strlen("linux_");
    } else if (str_eq(tag, "win32") || str_starts(tag, "win_")) {
        p.system = PLATFORM_WINDOWS;
        p.machine = tag[3] == '_' ? tag + 4 : "x86";
    }
    *ret_platform = p;
}

static bool is_one_of(const char *text, const char *const list[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(text, list[i]))
            return true;
    return false;
}

static bool is_linux_machine(const struct platform *p)
{
    static const char *const machines[] = {"x86_64",  "i686",  "aarch64", "armv7l",
                                           "ppc64le", "s390x", "riscv64", "ppc64"};

    return is_one_of(p->machine, machines, ARRAY_SIZE(machines)) &&
           (p->system == PLATFORM_MANYLINUX || !str_eq(p->machine, "ppc64"));
}

static bool is_macos_machine(const struct platform *p)
{
    static const char *const machines[] = {"x86_64", "arm64", "universal2", "i386",  "intel", "fat",
                                           "fat3",   "fat64", "universal",  "ppc64", "ppc"};

    return is_one_of(p->machine, machines, ARRAY_SIZE(machines));
}

/* From macOS 11 on the minor version is 0. */
static bool is_macos_version(const struct platform *p)
{
    return p->major == 10 || (p->minor == 0 && p->major >= 11);
}

static bool is_other_for_pypi(const char *tag)
{
    static const char *const others[] = {"linux_armv6l", "linux_armv7l"};

    return is_one_of(tag, others, ARRAY_SIZE(others)) || str_starts(tag, "ios_") ||
           str_starts(tag, "android_") || str_starts(tag, "pyemscripten_");
}

bool platform_is_for_pypi(const char *tag)
{
    static const char *const windows[] = {"x86", "amd64", "arm64", "ia64"};
    struct platform p;

    platform_parse(tag, &p);
    switch (p.system) {
    case PLATFORM_ANY:
        return true;
    case PLATFORM_MANYLINUX:
    case PLATFORM_MUSLLINUX:
        return is_linux_machine(&p);
    case PLATFORM_MACOS:
        return is_macos_machine(&p) && is_macos_version(&p);
    case PLATFORM_WINDOWS:
        return is_one_of(p.machine, windows, ARRAY_SIZE(windows));
    default:
        return is_other_for_pypi(tag);
    }
}

bool platform_is_known(const char *tag)
{
    struct platform p;

    platform_parse(tag, &p);
    return p.system != PLATFORM_OTHER || is_other_for_pypi(tag) || str_starts(tag, "freebsd_") ||
           str_starts(tag, "openbsd_") || str_starts(tag, "netbsd_") || str_starts(tag, "cygwin") ||
           str_starts(tag, "emscripten_") || str_starts(tag, "pyodide_") ||
           str_starts(tag, "wasi") || str_starts(tag, "mingw") || str_starts(tag, "aix_") ||
           str_starts(tag, "solaris_") || str_starts(tag, "sunos");
}
