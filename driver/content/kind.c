/* Guesses what a file is. */
#include "content/kind.h"

#include <string.h>

#include "base/str.h"

struct magic {
    enum content_kind kind;
    uint16_t at;
    uint8_t len;
    const char *bytes;
};

static const struct magic magics[] = {
    {CONTENT_ELF, 0, 4, "\177ELF"},
    {CONTENT_GZIP, 0, 3, "\037\213\010"},
    {CONTENT_ZIP, 0, 4, "PK\003\004"},
    {CONTENT_AR, 0, 8, "!<arch>\n"},
    {CONTENT_TAR, 257, 8, "ustar  \0"},
    {CONTENT_TAR, 257, 6, "ustar\0"},
    {CONTENT_MACHO, 0, 4, "\xcf\xfa\xed\xfe"},
    {CONTENT_MACHO, 0, 4, "\xce\xfa\xed\xfe"},
};

static bool has_magic(const struct magic *m, const char *bytes, size_t len)
{
    return len >= (size_t)m->at + m->len && memcmp(bytes + m->at, m->bytes, m->len) == 0;
}

/* A Java class begins like a universal binary, which has few architectures and no version 45. */
static bool is_universal(const char *bytes, size_t len)
{
    return len >= 8 && memcmp(bytes, "\xca\xfe\xba\xbe\0\0\0", 7) == 0 && bytes[7] < 30;
}

static bool is_pe(const char *bytes, size_t len)
{
    if (len < 64 || memcmp(bytes, "MZ", 2) != 0)
        return false;
    const uint8_t *at = (const uint8_t *)bytes + 60;
    size_t header = (size_t)at[0] | (size_t)at[1] << 8 | (size_t)at[2] << 16;
    return header + 4 <= len && memcmp(bytes + header, "PE\0\0", 4) == 0;
}

/* The magic number of bytecode ends in "\r\n", and so does many a text's first line. */
static bool is_pyc(const char *name, const char *bytes, size_t len)
{
    return len >= 16 && memcmp(bytes + 2, "\r\n", 2) == 0 &&
           (str_ends(name, ".pyc") || str_ends(name, ".pyo"));
}

static bool is_text(const char *bytes, size_t len)
{
    size_t control = 0;

    if (memchr(bytes, '\0', len))
        return false;
    size_t looked = len < 65536 ? len : 65536;
    for (size_t i = 0; i < looked; i++) {
        uint8_t c = (uint8_t)bytes[i];
        control += c < 32 && !strchr("\t\n\v\f\r\033", c);
    }
    return control * 50 <= looked;
}

enum content_kind content_kind(const char *name, const char *bytes, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
        if (has_magic(&magics[i], bytes, len))
            return magics[i].kind;
    if (is_pyc(name, bytes, len))
        return CONTENT_PYC;
    if (is_pe(bytes, len))
        return CONTENT_PE;
    if (is_universal(bytes, len))
        return CONTENT_MACHO;
    return is_text(bytes, len) ? CONTENT_TEXT : CONTENT_BINARY;
}

bool content_is_native(enum content_kind kind)
{
    return kind == CONTENT_ELF || kind == CONTENT_PE || kind == CONTENT_MACHO;
}
