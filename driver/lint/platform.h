/*
 * Platform tags: which are known, which PyPI takes, and what they promise of a processor and a C
 * library. Sources: the platform compatibility tags specification, PEP 600, PEP 656, PEP 738, PEP 730,
 * and what PyPI accepts (August 2026). Any thread.
 */
#pragma once

#include "base/util.h"

bool platform_is_known(const char *tag);
bool platform_is_for_pypi(const char *tag);

enum platform_system {
    PLATFORM_ANY,
    PLATFORM_LINUX, /* without a promise about the C library */
    PLATFORM_MANYLINUX,
    PLATFORM_MUSLLINUX,
    PLATFORM_WINDOWS,
    PLATFORM_MACOS,
    PLATFORM_OTHER
};

struct platform {
    enum platform_system system;
    const char *machine; /* "x86_64"; points into the tag, "" for none */
    int major, minor;    /* of the C library, for manylinux and musllinux */
};

void platform_parse(const char *tag, struct platform *ret_platform);
