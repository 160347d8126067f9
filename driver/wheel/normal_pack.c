/* Packs the entries of one wheel, a window at a time and on several threads, for libzip to read. */
#include "wheel/normal_pack.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

enum {
    DEFAULT_MEMORY = 256 << 20,
    ENTRY_OVERHEAD = 1024,   /* what an entry costs the window at least */
    GROUP_BYTES = 256 * 1024 /* small entries are packed in groups of this size */
};
/*
 * Larger entries are always streamed. libzip reserves zip64 fields for a large stream whose length it
 * does not know yet, so at that size it must not depend on memory whether an entry is streamed.
 */
#define STREAM_ALWAYS (UINT64_C(2) << 30)

static void keep_error(struct pack *p, const struct pack_item *item, struct err *err)
{
    size_t index = (size_t)(item - p->items);

    (void)pthread_mutex_lock(&p->lock);
    if (!p->err.code || index < p->failed_item) {
        err_move(&p->err, err);
        p->failed_item = index;
    }
    (void)pthread_mutex_unlock(&p->lock);
}

static struct codec *take_codec(struct pack *p)
{
    struct codec *codec = NULL;

    (void)pthread_mutex_lock(&p->lock);
    if (p->codec_count)
        codec = p->codecs[--p->codec_count];
    (void)pthread_mutex_unlock(&p->lock);
    return codec ? codec : codec_new();
}

static void give_codec(struct pack *p, struct codec *codec)
{
    (void)pthread_mutex_lock(&p->lock);
    vec_grow((void **)&p->codecs, p->codec_count, &p->codec_cap, sizeof(*p->codecs));
    p->codecs[p->codec_count++] = codec;
    (void)pthread_mutex_unlock(&p->lock);
}

/* What an entry costs the window. Its new stream is hardly longer than an old one of deflate. */
static uint64_t window_cost(const struct wheel_entry *entry)
{
    bool other = entry->method != ZIP_METHOD_STORED && entry->method != ZIP_METHOD_DEFLATED;
    uint64_t packed = other ? entry->size : entry->packed_size * 4;

    return (entry->size < packed ? entry->size : packed) + ENTRY_OVERHEAD;
}

static int pack_piece(void *arg, const void *bytes, size_t len, struct err *err)
{
    struct pack_item *item = arg;

    (void)err;
    item->size += len;
    item->crc = crc32_add(item->crc, bytes, len);
    sha256_update(item->hash, bytes, len);
    deflate_feed(item->codec, bytes, len, &item->packed);
    return 0;
}

static void begin_item(struct pack_item *item, struct codec *codec)
{
    item->codec = codec;
    item->hash = sha256_new();
    deflate_start(codec);
}

/* An empty file has no stream. Every other one has, however well it compresses: no size decides. */
static void end_item(struct pack_item *item)
{
    if (item->size)
        deflate_finish(item->codec, &item->packed);
    sha256_final(item->hash, item->digest);
    item->hash = NULL;
    item->codec = NULL;
    item->ready = true;
}

static void drop_item(struct pack_item *item)
{
    uint8_t ignored[SHA256_BYTES];

    if (item->hash)
        sha256_final(item->hash, ignored);
    item->hash = NULL;
    item->codec = NULL;
}

static int check_claim(const struct pack_item *item, struct err *err)
{
    bool other = false;

    if (!item->claim)
        return 0;
    int ret = record_check(item->claim, item->digest, item->size, &other, err);
    if (ret == 0 && other)
        ret = err_set(err, ERR_FORMAT, "RECORD has a hash that is not compared here: '%.32s'",
                      item->claim->hash);
    if (ret < 0) {
        (void)err_wrap(err, "'%s' is not what was recorded", item->name);
        err_hint(err, "the wheel was changed after it was made; its old RECORD would be lost");
    }
    return ret;
}

static int pack_item(struct pack_item *item, struct codec *codec, struct err *err)
{
    begin_item(item, codec);
    int ret = wheel_zip_unpack(item->pack->in, item->entry, codec, pack_piece, item, err);
    if (ret < 0) {
        drop_item(item);
        return ret;
    }
    end_item(item);
    return check_claim(item, err);
}

struct group {
    struct pack_item *first;
    size_t count;
    uint64_t bytes;
};

struct groups {
    struct group *items;
    size_t count;
    size_t cap;
};

static void pack_group(void *arg, size_t index)
{
    const struct group *group = &((const struct groups *)arg)->items[index];
    struct pack *p = group->first->pack;
    struct codec *codec = take_codec(p);

    for (size_t i = 0; i < group->count; i++) {
        auto_err struct err err = ERR_INIT;
        struct pack_item *item = &group->first[i];
        if (!item->streams && pack_item(item, codec, &err) < 0)
            keep_error(p, item, &err);
    }
    give_codec(p, codec);
}

/* Largest first: a large group that starts last would leave the other threads without work. */
static int compare_groups(const void *a, const void *b)
{
    const struct group *x = a, *y = b;

    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* Divides the entries of one window, from `item` on, into groups. RECORD is not among them. */
static void plan_window(struct pack *p, struct pack_item *item, struct groups *groups)
{
    const struct pack_item *end = &p->items[p->count - 1];
    struct group *group = NULL;
    uint64_t window = 0;

    for (; item < end; item++) {
        uint64_t bytes = item->streams ? 0 : item->entry->size + ENTRY_OVERHEAD;
        window += item->streams ? 0 : window_cost(item->entry);
        if (window > p->memory_bytes && group)
            break;
        if (!group || group->bytes + bytes > GROUP_BYTES) {
            VEC_GROW(groups);
            group = &groups->items[groups->count++];
            *group = (struct group){.first = item};
        }
        group->count++;
        group->bytes += bytes;
    }
}

static void run_groups(struct pack *p, struct groups *groups)
{
    if (p->run) {
        p->run(p->pool, pack_group, groups, groups->count);
        return;
    }
    for (size_t i = 0; i < groups->count; i++)
        pack_group(groups, i);
}

static int pack_window(struct pack_item *item)
{
    struct groups groups = {0};

    plan_window(item->pack, item, &groups);
    if (groups.count > 1)
        qsort(groups.items, groups.count, sizeof(*groups.items), compare_groups);
    run_groups(item->pack, &groups);
    free(groups.items);
    return item->pack->err.code;
}

/* RECORD is packed last, when all other hashes are known. */
static int pack_record(struct pack_item *item, struct err *err)
{
    auto_str struct str text = STR_INIT;
    struct codec *codec = take_codec(item->pack);

    for (const struct pack_item *other = item->pack->items; other < item; other++)
        record_write_row(&text, other->name, other->digest, other->size);
    record_write_row(&text, item->name, NULL, 0);
    begin_item(item, codec);
    int ret = pack_piece(item, text.buf, text.len, err);
    end_item(item);
    give_codec(item->pack, codec);
    return ret;
}

static int make_ready(struct pack_item *item)
{
    auto_err struct err err = ERR_INIT;

    if (item->ready || item->streams)
        return 0;
    if (item->entry)
        return pack_window(item);
    int ret = pack_record(item, &err);
    if (ret < 0)
        keep_error(item->pack, item, &err);
    return ret;
}

/* An entry that is compressed while libzip takes the stream: a wheel_reader gives its content. */
struct stream {
    struct wheel_reader reader;
    struct codec *codec;
};

static void start_stream(struct pack_item *item)
{
    struct stream *s = item->stream = xcalloc(1, sizeof(*s));

    s->codec = take_codec(item->pack);
    begin_item(item, s->codec);
    wheel_reader_start(&s->reader, wheel_zip_fd(item->pack->in), item->entry, s->codec, pack_piece,
                       item);
}

static void end_stream(struct pack_item *item)
{
    struct stream *s = item->stream;

    if (!s)
        return;
    drop_item(item);
    wheel_reader_release(&s->reader);
    give_codec(item->pack, s->codec);
    free(s);
    item->stream = NULL;
}

/* Packs on until there is something for libzip to read, or the entry has ended. */
static int fill_from_stream(struct pack_item *item)
{
    auto_err struct err err = ERR_INIT;
    int ret = 0;

    if (item->read_at < item->packed.len || item->ready)
        return 0;
    str_reset(&item->packed);
    item->read_at = 0;
    while (ret == 0 && !item->packed.len && !item->ready) {
        ret = wheel_reader_step(&item->stream->reader, &err);
        if (ret == 0 && item->stream->reader.done) {
            end_item(item);
            ret = check_claim(item, &err);
        }
    }
    if (ret < 0)
        keep_error(item->pack, item, &err);
    return ret;
}

static zip_int64_t fail(struct pack_item *item)
{
    zip_error_set(&item->error, ZIP_ER_READ,
                  EIO); /* libzip passes a code on; the message is in pack->err */
    return -1;
}

static zip_int64_t do_open(struct pack_item *item)
{
    item->read_at = 0;
    if (item->streams)
        start_stream(item);
    return 0;
}

static zip_int64_t do_read(struct pack_item *item, void *data, zip_uint64_t len)
{
    if (item->streams && fill_from_stream(item) < 0)
        return fail(item);
    size_t have = item->packed.len - item->read_at;
    size_t part = have < len ? have : (size_t)len;
    memcpy(data, item->packed.buf + item->read_at, part);
    item->read_at += part;
    return (zip_int64_t)part;
}

static zip_int64_t do_close(struct pack_item *item)
{
    end_stream(item);
    str_release(&item->packed); /* it is in the archive, and libzip has counted its length */
    return 0;
}

/*
 * A deflated stat with sizes makes libzip copy what it reads as it is. It asks once before it reads,
 * for the first header, and once after, for the final one.
 */
static zip_int64_t do_stat(struct pack_item *item, void *data, zip_uint64_t len)
{
    zip_stat_t *st = data;

    if (len < sizeof(*st) || make_ready(item) < 0)
        return fail(item);
    zip_stat_init(st);
    st->size = item->ready ? item->size : item->entry->size;
    st->comp_method = st->size ? ZIP_CM_DEFLATE : ZIP_CM_STORE;
    st->valid = ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD;
    if (item->ready) {
        st->crc = item->crc;
        st->valid |= ZIP_STAT_CRC;
    }
    if (!item->streams) {
        st->comp_size = item->packed.len;
        st->valid |= ZIP_STAT_COMP_SIZE;
    }
    return sizeof(*st);
}

static zip_int64_t source_command(void *arg, void *data, zip_uint64_t len, zip_source_cmd_t command)
{
    struct pack_item *item = arg;

    switch (command) {
    case ZIP_SOURCE_SUPPORTS:
        return ZIP_SOURCE_SUPPORTS_READABLE;
    case ZIP_SOURCE_OPEN:
        return do_open(item);
    case ZIP_SOURCE_READ:
        return do_read(item, data, len);
    case ZIP_SOURCE_CLOSE:
        return do_close(item);
    case ZIP_SOURCE_STAT:
        return do_stat(item, data, len);
    case ZIP_SOURCE_ERROR:
        return zip_error_to_data(&item->error, data, len);
    case ZIP_SOURCE_FREE: /* items belong to the pack */
        return 0;
    default:
        zip_error_set(&item->error, ZIP_ER_OPNOTSUPP, 0);
        return -1;
    }
}

zip_source_t *pack_source(struct pack_item *item, zip_error_t *error)
{
    zip_error_init(&item->error);
    item->streams = item->entry && (item->entry->size > STREAM_ALWAYS ||
                                    window_cost(item->entry) > item->pack->memory_bytes);
    return zip_source_function_create(source_command, item, error);
}

void pack_init(struct pack *p, const struct wheel_zip *in, size_t memory_bytes, spread_fn *run,
               void *pool)
{
    *p = (struct pack){.in = in, .run = run, .pool = pool};
    p->memory_bytes = memory_bytes ? memory_bytes : DEFAULT_MEMORY;
    (void)pthread_mutex_init(&p->lock, NULL); /* a plain mutex: cannot fail */
}

void pack_release(struct pack *p)
{
    for (size_t i = 0; i < p->count; i++) {
        end_stream(&p->items[i]);
        str_release(&p->items[i].packed);
        zip_error_fini(&p->items[i].error);
    }
    for (size_t i = 0; i < p->codec_count; i++)
        codec_free(p->codecs[i]);
    free(p->codecs);
    free(p->items);
    err_release(&p->err);
    (void)pthread_mutex_destroy(&p->lock);
}
