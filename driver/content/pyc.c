/* Reads the header of compiled Python modules. */
#include "content/pyc.h"

#include <string.h>

#include "zip/zip_bytes.h"

/* The first magic number of each version (Include/internal/pycore_magic_number.h). */
static int version_of(unsigned magic)
{
    static const struct {
        unsigned first;
        int version;
    } rows[] = {{3650, 315}, {3600, 314}, {3550, 313}, {3500, 312}, {3450, 311},
                {3430, 310}, {3420, 309}, {3400, 308}, {3390, 307}, {3370, 306}};

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (magic >= rows[i].first && magic < 3700)
            return rows[i].version;
    return 0;
}

int pyc_read(const char *bytes, size_t len, struct pyc *ret_pyc, struct err *err)
{
    const uint8_t *p = (const uint8_t *)bytes;

    if (len < PYC_HEADER || memcmp(bytes + 2, "\r\n", 2) != 0)
        return err_set(err, ERR_FORMAT, "not compiled Python");
    *ret_pyc = (struct pyc){.magic = get16(p), .flags = get32(p + 4)};
    ret_pyc->version = version_of(ret_pyc->magic);
    if (ret_pyc->flags & PYC_BY_HASH) {
        memcpy(ret_pyc->digest, p + 8, sizeof(ret_pyc->digest));
    } else {
        ret_pyc->time = get32(p + 8);
        ret_pyc->size = get32(p + 12);
    }
    return 0;
}
