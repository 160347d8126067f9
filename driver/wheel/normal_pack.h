/*
 * The middle of normal.c: entries of one wheel turned into finished deflate streams with their sizes,
 * CRCs and hashes, a window at a time. Used by normal.c alone; tests go through normal_form.
 */
#pragma once

#include <pthread.h>
#include <zip.h>

#include "base/sha256.h"
#include "base/str.h"
#include "system/pool.h"
#include "wheel/record.h"
#include "wheel/wheel_zip.h"

struct pack;

/* One entry of the output. */
struct pack_item {
    struct pack *pack;
    const struct wheel_entry *entry; /* NULL: RECORD, whose content is made when all else is done */
    const char *name;
    const struct record_row *claim; /* what the old RECORD says, or NULL */
    struct str packed;              /* the stream, or the part of it that is ready */
    size_t read_at;                 /* how much of `packed` libzip has taken */
    uint64_t size;
    uint32_t crc;
    uint8_t digest[SHA256_BYTES];
    bool ready;            /* everything above is final */
    bool streams;          /* too large for the window: compressed while it is written */
    struct stream *stream; /* while that goes on */
    struct sha256 *hash;   /* while it is unpacked */
    struct codec *codec;   /* while it is unpacked */
    zip_error_t error;
};

struct pack {
    spread_fn *run; /* NULL: a loop */
    void *pool;
    const struct wheel_zip *in;
    struct pack_item *items; /* in the order of the output; RECORD is the last one */
    size_t count;
    size_t memory_bytes;

    pthread_mutex_t lock;  /* guards what follows, while a window is packed */
    struct codec **codecs; /* those nobody uses now */
    size_t codec_count, codec_cap;
    struct err err; /* of the first item in order that failed, so that it is always the same */
    size_t failed_item;
};

/*
 * memory_bytes: of the window; 0: 256 MiB. items and count are set by the caller afterwards; they
 * must stay where they are.
 */
void pack_init(struct pack *p, const struct wheel_zip *in, size_t memory_bytes, spread_fn *run,
               void *pool);
void pack_release(struct pack *p);

/*
 * A source for zip_file_add that gives item's finished stream. Packing happens when libzip asks for
 * an item that is not ready. A failure is kept in pack->err; libzip only sees that there is one.
 */
zip_source_t *pack_source(struct pack_item *item, zip_error_t *error);
