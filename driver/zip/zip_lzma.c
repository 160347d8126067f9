/* Unpacks LZMA content of zip entries with liblzma, within a limit of memory. */
#include "zip/zip_lzma.h"

#include <inttypes.h>
#include <lzma.h>
#include <stdlib.h>

#include "zip/zip_bytes.h"
#include "zip/zip_layout.h"

enum { HEADER_LEN = 4, PROPERTIES_LEN = 5, CHUNK = 65536 };

struct zip_lzma {
    struct zip_packed packed;
    lzma_stream stream;
    uint64_t at, packed_left; /* packed bytes that were not read yet */
    uint64_t size_left;       /* content that was not given yet */
    bool ended;
    uint8_t chunk[CHUNK];
};

static int start(lzma_stream *stream, const uint8_t *properties, struct err *err)
{
    lzma_filter filters[] = {{.id = LZMA_FILTER_LZMA1}, {.id = LZMA_VLI_UNKNOWN}};
    int ret = 0;

    if (lzma_properties_decode(&filters[0], NULL, properties, PROPERTIES_LEN) != LZMA_OK)
        return err_set(err, ERR_FORMAT, "its LZMA properties are damaged");
    uint64_t memory = lzma_raw_decoder_memusage(filters);
    if (memory > ZIP_LZMA_MAX_MEMORY)
        ret = err_set(err, ERR_FORMAT, "needs %" PRIu64 " MiB of memory to be unpacked",
                      memory >> 20);
    else if (lzma_raw_decoder(stream, filters) != LZMA_OK)
        ret = err_set(err, ERR_FORMAT, "its LZMA properties are not supported");
    free(filters[0].options);
    return ret;
}

static int read_header(struct zip_lzma *l, struct err *err)
{
    uint8_t header[HEADER_LEN + PROPERTIES_LEN];

    if (l->packed_left < sizeof(header))
        return err_set(err, ERR_FORMAT, "its LZMA stream is cut off");
    int ret = zip_read_at(l->packed.fd, header, sizeof(header), l->at, err);
    if (ret < 0)
        return ret;
    if (get16(header + 2) != PROPERTIES_LEN)
        return err_set(err, ERR_FORMAT, "its LZMA properties are damaged");
    l->at += sizeof(header);
    l->packed_left -= sizeof(header);
    return start(&l->stream, header + HEADER_LEN, err);
}

int zip_lzma_open(const struct zip_packed *packed, struct zip_lzma **ret_lzma, struct err *err)
{
    struct zip_lzma *l = xcalloc(1, sizeof(*l));

    l->packed = *packed;
    l->at = packed->at;
    l->packed_left = packed->packed_size;
    l->size_left = packed->size;
    int ret = read_header(l, err);
    if (ret < 0)
        zip_lzma_close(l);
    else
        *ret_lzma = l;
    return ret;
}

void zip_lzma_close(struct zip_lzma *l)
{
    if (!l)
        return;
    lzma_end(&l->stream);
    free(l);
}

static int refill(struct zip_lzma *l, struct err *err)
{
    size_t len = l->packed_left < CHUNK ? (size_t)l->packed_left : CHUNK;

    if (l->stream.avail_in || !len)
        return 0;
    int ret = zip_read_at(l->packed.fd, l->chunk, len, l->at, err);
    if (ret < 0)
        return ret;
    l->stream.next_in = l->chunk;
    l->stream.avail_in = len;
    l->at += len;
    l->packed_left -= len;
    return 0;
}

static int decode(struct zip_lzma *l, struct err *err)
{
    int ret = refill(l, err);

    if (ret < 0)
        return ret;
    switch (lzma_code(&l->stream, LZMA_RUN)) {
    case LZMA_OK:
        return 0;
    case LZMA_STREAM_END:
        l->ended = true;
        return l->stream.avail_in || l->packed_left
                   ? err_set(err, ERR_FORMAT, "has bytes behind its LZMA stream")
                   : 0;
    case LZMA_MEM_ERROR:
        BUG("out of memory in liblzma");
    case LZMA_BUF_ERROR:
        return err_set(err, ERR_FORMAT, "its LZMA stream is cut off");
    default:
        return err_set(err, ERR_FORMAT, "damaged LZMA stream");
    }
}

/* Without an end marker the stream ends where the size says: what follows is the coder's own padding. */
static int read_marker(struct zip_lzma *l, struct err *err)
{
    uint8_t more;
    int ret = 0;

    l->stream.next_out = &more;
    l->stream.avail_out = 1;
    while (ret == 0 && !l->ended && l->stream.avail_out)
        ret = decode(l, err);
    if (ret == 0 && !l->stream.avail_out)
        ret = err_set(err, ERR_FORMAT, "holds more bytes than it says");
    return ret;
}

int zip_lzma_read(struct zip_lzma *l, void *buf, size_t len, size_t *ret_len, struct err *err)
{
    size_t want = l->size_left < len ? (size_t)l->size_left : len;
    int ret = 0;

    *ret_len = 0;
    if (l->ended)
        return 0;
    if (!want) {
        l->ended = !(l->packed.flags & ZIP_FLAG_LZMA_END);
        return l->ended ? 0 : read_marker(l, err);
    }
    l->stream.next_out = buf;
    l->stream.avail_out = want;
    while (ret == 0 && !l->ended && l->stream.avail_out == want)
        ret = decode(l, err);
    *ret_len = want - l->stream.avail_out;
    l->size_left -= *ret_len;
    return ret;
}
