/* Little-endian fields of zip structures, ranges of a file, and the one way to refuse an archive. */
#pragma once

#include "base/err.h"

static inline uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t get32(const uint8_t *p)
{
    return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static inline uint64_t get64(const uint8_t *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

/* ERR_FORMAT: "not a plain zip archive: why". */
int zip_refuse(struct err *err, const char *why);

/* All of the range; a file that ends before it is refused. The fd's offset is not used. Any thread. */
int zip_read_at(int fd, void *buf, size_t len, uint64_t at, struct err *err);
