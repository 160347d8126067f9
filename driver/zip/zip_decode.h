/*
 * Content that is neither stored nor deflated. Python writes bzip2 and LZMA, and zstd since 3.14, and
 * pip installs what Python reads. liblzma unpacks LZMA, libzip the others as far as it can.
 *
 * Memory of a decoder: some 4 MiB for bzip2, at most 128 MiB for zstd (its library's limit) and
 * ZIP_LZMA_MAX_MEMORY for LZMA, of which only what content fills is ever touched. A decoder belongs to
 * one thread at a time; any number may be open on one fd, whose offset they do not use.
 */
#pragma once

#include "zip/zip_packed.h"

/* 0 for a method that can be read here, or ERR_FORMAT, saying why not. */
int zip_check_method(uint16_t method, struct err *err);

struct zip_decoder;

int zip_decoder_open(const struct zip_packed *packed, struct zip_decoder **ret_decoder,
                     struct err *err);
void zip_decoder_close(struct zip_decoder *d); /* accepts NULL */

/*
 * Up to len bytes of content; *ret_len is 0 at its end only. Sizes and CRC are the caller's to check; a
 * stream that says more than `size` is read at most a buffer further than that.
 */
int zip_decoder_read(struct zip_decoder *d, void *buf, size_t len, size_t *ret_len,
                     struct err *err);
