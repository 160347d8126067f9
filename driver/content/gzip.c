/* Reads gzip files. */
#include "content/gzip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    HEADER_LEN = 10,
    TRAILER_LEN = 8,
    FLAG_CRC = 2,
    FLAG_EXTRA = 4,
    FLAG_NAME = 8,
    FLAG_COMMENT = 16,
    RAW_WINDOW = -15,
    MAX_MEMBERS = 10000,
    PIECE = 65536
};

/* What of the file has not been read. */
struct rest {
    const uint8_t *at, *end;
};

static bool skip(struct rest *rest, size_t len)
{
    if ((size_t)(rest->end - rest->at) < len)
        return false;
    rest->at += len;
    return true;
}

/* A string up to its NUL; the first member's is kept. */
static bool take_string(struct rest *rest, char **keep)
{
    const uint8_t *end = memchr(rest->at, '\0', (size_t)(rest->end - rest->at));

    if (!end)
        return false;
    if (keep)
        *keep = xstrndup((const char *)rest->at, (size_t)(end - rest->at));
    rest->at = end + 1;
    return true;
}

/* `g` is NULL behind the first member. */
static bool take_header(struct rest *rest, struct gzip *g)
{
    const uint8_t *h = rest->at;

    if (!skip(rest, HEADER_LEN) || h[0] != 0x1f || h[1] != 0x8b || h[2] != Z_DEFLATED)
        return false;
    if (g) {
        g->time =
            (uint32_t)h[4] | (uint32_t)h[5] << 8 | (uint32_t)h[6] << 16 | (uint32_t)h[7] << 24;
        g->extra_flags = h[8];
        g->system = h[9];
    }
    if (h[3] & FLAG_EXTRA) {
        const uint8_t *size = rest->at;
        if (!skip(rest, 2) || !skip(rest, (size_t)size[0] | (size_t)size[1] << 8))
            return false;
    }
    return (!(h[3] & FLAG_NAME) || take_string(rest, g ? &g->name : NULL)) &&
           (!(h[3] & FLAG_COMMENT) || take_string(rest, g ? &g->comment : NULL)) &&
           (!(h[3] & FLAG_CRC) || skip(rest, 2));
}

static int inflate_all(z_stream *z, size_t max, struct str *out, struct err *err)
{
    auto_free uint8_t *piece = xmalloc(PIECE);
    int ret = Z_OK;

    while (ret == Z_OK) {
        z->next_out = piece;
        z->avail_out = PIECE;
        ret = inflate(z, Z_NO_FLUSH);
        size_t made = PIECE - z->avail_out;
        if (made > max - out->len)
            return err_set(err, ERR_FORMAT, "it unpacks to more than %zu bytes", max);
        str_append(out, (const char *)piece, made);
        if (ret == Z_OK && !made && !z->avail_in)
            break;
    }
    return ret == Z_STREAM_END ? 0 : err_set(err, ERR_FORMAT, "its deflate stream is damaged");
}

static int take_stream(struct rest *rest, size_t max, struct str *out, struct err *err)
{
    z_stream z = {0};
    size_t len = (size_t)(rest->end - rest->at);

    if (len > UINT32_MAX)
        return err_set(err, ERR_FORMAT, "it is too large");
    z.next_in = (Bytef *)(uintptr_t)rest->at; /* zlib does not write to it */
    z.avail_in = (uInt)len;
    if (inflateInit2(&z, RAW_WINDOW) != Z_OK)
        BUG("zlib cannot start to unpack");
    int ret = inflate_all(&z, max, out, err);
    rest->at += len - z.avail_in;
    (void)inflateEnd(&z); /* an error says only that the stream was not finished */
    return ret;
}

static int take_member(struct rest *rest, size_t max, struct gzip *g, bool first, struct err *err)
{
    const uint8_t *start = rest->at;

    if (!take_header(rest, first ? g : NULL))
        return err_set(err, ERR_FORMAT, "its gzip header is damaged");
    const uint8_t *packed = rest->at;
    int ret = take_stream(rest, max, &g->content, err);
    if (first) {
        g->packed_at = (size_t)(packed - start);
        g->packed_len = (size_t)(rest->at - packed);
    }
    if (ret == 0 && !skip(rest, TRAILER_LEN))
        ret = err_set(err, ERR_FORMAT, "it is cut off");
    return ret;
}

int gzip_read(const char *bytes, size_t len, size_t max, struct gzip *ret_gzip, struct err *err)
{
    auto_gzip struct gzip g = GZIP_INIT;
    struct rest rest = {(const uint8_t *)bytes, (const uint8_t *)bytes + len};
    int ret = take_member(&rest, max, &g, true, err);

    g.single = rest.at == rest.end;
    /* What is no member behind the last one is padding: gzip(1) ignores it too. */
    for (int i = 1; ret == 0 && rest.end - rest.at >= HEADER_LEN && rest.at[0] == 0x1f; i++)
        ret = i < MAX_MEMBERS ? take_member(&rest, max, &g, false, err)
                              : err_set(err, ERR_FORMAT, "it has too many members");
    if (ret < 0)
        return ret;
    *ret_gzip = g;
    g = (struct gzip)GZIP_INIT;
    return 0;
}

void gzip_release(struct gzip *g)
{
    free(g->name);
    free(g->comment);
    str_release(&g->content);
    *g = (struct gzip)GZIP_INIT;
}
