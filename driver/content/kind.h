/*
 * What a file of a wheel is, told by its first bytes and, where those say nothing, by its name. A
 * guess: whoever reads the file by it must expect that it is something else. Any thread.
 */
#pragma once

#include "base/util.h"

enum content_kind {
    CONTENT_BINARY, /* none of the others */
    CONTENT_TEXT,   /* no NUL byte, and few control bytes */
    CONTENT_ELF,
    CONTENT_PE,
    CONTENT_MACHO,
    CONTENT_PYC,
    CONTENT_GZIP,
    CONTENT_ZIP,
    CONTENT_TAR,
    CONTENT_AR
};

enum content_kind content_kind(const char *name, const char *bytes, size_t len);

/* Code that a processor runs: ELF, PE or Mach-O. */
bool content_is_native(enum content_kind kind);
