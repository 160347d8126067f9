/*
 * A compiled Python module (PEP 552): the header, which says for which Python and from which source it
 * was compiled, and where the code begins. Any thread.
 */
#pragma once

#include "base/err.h"

enum { PYC_HEADER = 16, PYC_BY_HASH = 1, PYC_CHECK_SOURCE = 2 };

struct pyc {
    uint16_t magic;
    int version;       /* 308 for 3.8, …; 0: of none that is known */
    uint32_t flags;    /* PYC_… */
    uint32_t time;     /* of the source, unless PYC_BY_HASH */
    uint32_t size;     /* likewise */
    uint8_t digest[8]; /* of the source, with PYC_BY_HASH */
};

/* ERR_FORMAT when it is none. */
int pyc_read(const char *bytes, size_t len, struct pyc *ret_pyc, struct err *err);
