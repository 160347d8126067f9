/*
 * The end of an archive: the end record, its comment and the zip64 records, read strictly. Readers find
 * the end in different ways (the last signature in the file, the first from the back whose comment fits,
 * the best of all), so an archive with more than one candidate is several archives in one file. It is
 * refused, as are records that name two sizes, counts, places or disks. Any thread.
 */
#pragma once

#include "base/err.h"

struct zip_end {
    uint64_t at; /* where the central directory has to end */
    uint64_t count, size, offset;
    uint16_t comment_len; /* the archive's comment: so many of the file's last bytes */
};

int zip_end_read(int fd, uint64_t file_size, struct zip_end *ret_end, struct err *err);
