/* Content as it lies in an archive, and the ways in which it may be packed. */
#pragma once

#include "base/err.h"

/* Methods (APPNOTE.TXT, 4.4.5) that Python's zipfile reads. */
enum {
    ZIP_METHOD_STORED = 0,
    ZIP_METHOD_DEFLATED = 8,
    ZIP_METHOD_BZIP2 = 12,
    ZIP_METHOD_LZMA = 14,
    ZIP_METHOD_ZSTD = 93
};

enum { ZIP_LZMA_MAX_MEMORY = 80 << 20 }; /* a dictionary of 64 MiB, the largest of xz's presets */

/* Packed content in a file, as its headers describe it. */
struct zip_packed {
    int fd; /* borrowed */
    uint64_t at;
    uint64_t packed_size;
    uint64_t size; /* unpacked */
    uint32_t crc;
    uint16_t method;
    uint16_t flags; /* zip_layout.h */
};
