/* Reads the content of one entry, however it is packed, and checks size and CRC. */
#include "wheel/wheel_entry.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

enum { READ_CHUNK = 256 * 1024 };

static int unpacked(void *arg, const void *bytes, size_t len, struct err *err)
{
    struct wheel_reader *r = arg;

    r->size += len;
    r->crc = crc32_add(r->crc, bytes, len);
    return r->sink(r->arg, bytes, len, err);
}

static bool has_decoder(const struct wheel_entry *entry)
{
    return entry->method != ZIP_METHOD_STORED && entry->method != ZIP_METHOD_DEFLATED;
}

void wheel_reader_start(struct wheel_reader *r, int fd, const struct wheel_entry *entry,
                        struct codec *codec, bytes_sink sink, void *arg)
{
    uint64_t most = has_decoder(entry) ? entry->size : entry->packed_size;

    *r = (struct wheel_reader){.fd = fd, .entry = entry, .codec = codec, .sink = sink, .arg = arg};
    r->at = entry->packed_at;
    r->left = entry->packed_size;
    r->chunk = most < READ_CHUNK ? (size_t)most + 1 : READ_CHUNK;
    r->buf = xmalloc(r->chunk);
    if (entry->method == ZIP_METHOD_DEFLATED)
        inflate_start(codec, entry->size);
}

void wheel_reader_release(struct wheel_reader *r)
{
    zip_decoder_close(r->decoder);
    r->decoder = NULL;
    free(r->buf);
    r->buf = NULL;
}

static int finish(struct wheel_reader *r, struct err *err)
{
    const struct wheel_entry *entry = r->entry;
    int ret = entry->method == ZIP_METHOD_DEFLATED ? inflate_finish(r->codec, err) : 0;

    if (ret < 0)
        return ret;
    if (r->size != entry->size)
        return err_set(err, ERR_FORMAT, "has %" PRIu64 " bytes, not %" PRIu64, r->size,
                       entry->size);
    if (r->crc != entry->crc)
        return err_set(err, ERR_FORMAT, "damaged: its CRC differs");
    r->done = true;
    return 0;
}

static int open_decoder(struct wheel_reader *r, struct err *err)
{
    struct zip_packed packed = {
        .fd = r->fd,
        .at = r->entry->packed_at,
        .packed_size = r->entry->packed_size,
        .size = r->entry->size,
        .crc = r->entry->crc,
        .method = r->entry->method,
        .flags = r->entry->flags,
    };

    return zip_decoder_open(&packed, &r->decoder, err);
}

static int step_decoder(struct wheel_reader *r, struct err *err)
{
    size_t len = 0;
    int ret = r->decoder ? 0 : open_decoder(r, err);

    if (ret == 0)
        ret = zip_decoder_read(r->decoder, r->buf, r->chunk, &len, err);
    if (ret < 0)
        return ret;
    if (len > r->entry->size - r->size)
        return err_set(err, ERR_FORMAT, "holds more bytes than it says");
    return len ? unpacked(r, r->buf, len, err) : finish(r, err);
}

static int step(struct wheel_reader *r, struct err *err)
{
    if (has_decoder(r->entry))
        return step_decoder(r, err);
    if (r->left == 0)
        return finish(r, err);
    size_t want = r->left < r->chunk ? (size_t)r->left : r->chunk;
    ssize_t n = retry_eintr(pread(r->fd, r->buf, want, (off_t)r->at));
    if (n < 0)
        return err_errno(err, errno, "cannot read");
    if (n == 0)
        return err_set(err, ERR_FORMAT, "cut off");
    r->at += (uint64_t)n;
    r->left -= (uint64_t)n;
    if (r->entry->method == ZIP_METHOD_DEFLATED)
        return inflate_feed(r->codec, r->buf, (size_t)n, unpacked, r, err);
    return unpacked(r, r->buf, (size_t)n, err);
}

int wheel_reader_step(struct wheel_reader *r, struct err *err)
{
    int ret = step(r, err);

    if (ret < 0)
        (void)err_wrap(err, "'%s'", r->entry->name);
    return ret;
}
