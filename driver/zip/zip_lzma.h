/*
 * LZMA as zip has it (APPNOTE.TXT, 5.8): two bytes of version, the length of the properties, which is
 * five, the properties, and a raw stream with or without an end marker. For zip_decode.c.
 */
#pragma once

#include "zip/zip_packed.h"

struct zip_lzma;

int zip_lzma_open(const struct zip_packed *packed, struct zip_lzma **ret_lzma, struct err *err);
void zip_lzma_close(struct zip_lzma *l); /* accepts NULL */
/* As zip_decoder_read. */
int zip_lzma_read(struct zip_lzma *l, void *buf, size_t len, size_t *ret_len, struct err *err);
