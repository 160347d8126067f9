/*
 * The normal form of a wheel: one byte sequence for one content, whatever wrote the wheel
 * (docs/normal-form.md is the format). Entries are read, hashed and compressed independently, by
 * several threads when the caller lends some, and assembled by libzip in one pass.
 *
 * Memory stays within options->memory_bytes plus a little per entry: entries are compressed a window
 * at a time while libzip writes, and one that is larger than the window is compressed while it is
 * written. Cost is linear in entries. Any number of calls may run at once on different wheels.
 */
#pragma once

#include "base/sha256.h"
#include "wheel/normal_write.h"

/*
 * Part of what a wheel's bytes depend on: the form's own version, raised with every change of the form,
 * and the library that writes the archive (zip/deflate.h names the compressor).
 */
enum { NORMAL_FORM_VERSION = 1 };
const char *normal_libzip_version(void);

/*
 * Whether compressor and libzip write what they must (zip/deflate.h, normal_known.h). The functions below
 * ask it; a command that works for long asks it first. The answer is remembered when it is good. A few
 * milliseconds; any thread.
 */
int normal_self_test(struct err *err);

struct normal_result {
    char sha256[SHA256_HEX]; /* of the output */
    uint64_t size_in;
    uint64_t size_out;
    uint64_t unpacked; /* bytes of all entries */
    size_t entries;    /* in the output, RECORD included */
    bool changed;      /* false: the input was these bytes already */
};

/*
 * Writes the normal form of an open wheel to out_fd (a regular file open for reading and writing,
 * overwritten from its start and cut to length). Offsets of the fds are not used. On failure out_fd
 * holds rubbish. Syncing and publishing are the caller's. ERR_FORMAT when the wheel is damaged or
 * contradicts its RECORD; ERR_ENVIRONMENT when compressor or libzip are not as expected; a negative
 * errno for reading and writing.
 */
int normal_form_of(const struct wheel *wheel, int out_fd, const struct normal_options *options,
                   struct normal_result *ret_result, struct err *err);

/* The same from a file (a regular one) that is opened for this alone, with wheel_open's errors. */
int normal_form(int in_fd, int out_fd, const struct normal_options *options,
                struct normal_result *ret_result, struct err *err);
