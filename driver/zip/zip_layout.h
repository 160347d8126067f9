/*
 * How the bytes of an archive lie in its file, read strictly. Zip readers disagree about archives
 * that are not laid out plainly (two end records, a local header that contradicts the central
 * directory, entries that share bytes, bytes that belong to no entry), and a wheel that shows one
 * content to a checker and another to an installer is an attack. This reads the structures itself
 * and refuses every such archive; wheel_zip compares the result with what libzip read.
 *
 * Accepted is: local headers and their data from offset 0 on without gap (a data descriptor may
 * follow), the central directory right behind them, a zip64 record and locator where needed, the end
 * record with its comment up to the end of the file. One disk; one name and one set of sizes for each
 * entry, extra fields included. Any thread; the fd's offset is not used.
 */
#pragma once

#include "base/err.h"

enum {
    ZIP_FLAG_ENCRYPTED = 1,
    ZIP_FLAG_LZMA_END = 2,   /* with LZMA: the stream has an end marker */
    ZIP_FLAG_DESCRIPTOR = 8, /* sizes and CRC stand behind the data */
    ZIP_FLAG_PATCHED = 0x20,
    ZIP_FLAG_STRONG_ENCRYPTION = 0x40,
    ZIP_FLAG_UTF8 = 0x800,
    ZIP_FLAG_HIDDEN = 0x2000 /* the directory is encrypted, local headers are blanked */
};

/* One entry, as its headers agree on it. What the values mean for a reader is not judged here. */
struct zip_span {
    uint64_t header_at; /* local header */
    uint64_t data_at;   /* packed bytes */
    uint64_t packed_size;
    uint64_t size;
    uint32_t crc;
    uint32_t attributes; /* external ones */
    uint16_t version;    /* needed to extract; the lower byte counts */
    uint16_t method;
    uint16_t flags;
    uint16_t name_len;
    size_t name_at; /* raw name: offset in zip_layout.directory */
};

struct zip_layout {
    struct zip_span *spans; /* in the central directory's order */
    size_t count;
    char *directory; /* the central directory's bytes */
    size_t directory_len;
    uint16_t comment_len; /* of the archive: so many of the file's last bytes */
};

#define ZIP_LAYOUT_INIT                                                                            \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_zip_layout __attribute__((cleanup(zip_layout_release)))

/* ERR_FORMAT with the reason when the archive is not plain. */
int zip_layout_read(int fd, size_t max_entries, struct zip_layout *ret_layout, struct err *err);
void zip_layout_release(struct zip_layout *l);
