/*
 * libzip on file descriptors: archives are read and written through an fd that the caller opened,
 * so that libzip never sees a path, never makes a temporary file and never renames anything.
 * A source borrows the fd; it must stay open until the archive is closed or discarded. Positions
 * are libzip's own: the fd's offset is neither used nor moved. One thread per source.
 */
#pragma once

#include <zip.h>

#include "base/err.h"

/* For zip_open_from_source; NULL with *error set. */
zip_source_t *zip_fd_reader(int fd, zip_error_t *error);

/*
 * For zip_open_from_source with ZIP_CREATE | ZIP_TRUNCATE: what zip_close writes goes to the fd from
 * its start, and the file is cut to that length. libzip writes each local header twice; a window of
 * the last megabytes is kept in memory so that this costs no system calls.
 */
zip_source_t *zip_fd_writer(int fd, zip_error_t *error);

/* "what: reason" from a libzip error, ERR_FORMAT or the negative errno inside it. */
int zip_fail(struct err *err, zip_error_t *error, const char *what);
