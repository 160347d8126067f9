/*
 * The normal form of a wheel: one byte sequence for one content, whatever wrote the wheel
 * (docs/normal-form.md is the format). Entries are read, hashed and compressed independently, by
 * several threads when the caller lends some, and assembled by libzip in one pass.
 *
 * Memory stays within options->memory_bytes plus a little per entry: entries are compressed a window
 * at a time while libzip writes, and one that is larger than the window is compressed while it is
 * written. Cost is linear in entries. Any number of calls may run at once on different fds.
 */
#pragma once

#include "base/err.h"
#include "base/sha256.h"
#include "system/pool.h"

/* Part of what a wheel's bytes depend on: raised with every change of the form. */
enum { NORMAL_FORM_VERSION = 1 };

struct normal_options {
    const char *file_name; /* the wheel's own name, checked against its content; NULL: unknown */
    bool trust_record;     /* do not compare contents with the RECORD that came with them */
    size_t memory_bytes;   /* 0: 256 MiB */

    spread_fn *run; /* lends threads (pool_spread); NULL: a loop */
    void *pool;     /* its first argument */
};

struct normal_result {
    char sha256[SHA256_HEX]; /* of the output */
    uint64_t size_in;
    uint64_t size_out;
    uint64_t unpacked; /* bytes of all entries */
    size_t entries;    /* in the output, RECORD included */
    bool changed;      /* false: the input was these bytes already */
};

/*
 * Reads the wheel in in_fd (a regular file) and writes its normal form to out_fd (a regular file
 * open for reading and writing, overwritten from its start and cut to length). Neither offset is used.
 * On failure out_fd holds rubbish. Syncing and publishing are the caller's. ERR_FORMAT when the input
 * is no wheel, is damaged, or contradicts its RECORD or its name; ERR_ENVIRONMENT when the compressor
 * is not the pinned one; a negative errno for reading and writing.
 */
int normal_form(int in_fd, int out_fd, const struct normal_options *options,
                struct normal_result *ret_result, struct err *err);
