/*
 * One file of a wheel: what the archive says of it, and its content, piece by piece. However it is
 * packed, no more comes out than it says, and size and CRC are checked.
 */
#pragma once

#include "base/str.h"
#include "zip/deflate.h"
#include "zip/zip_decode.h"

struct wheel_entry {
    const char *name;     /* UTF-8 */
    uint64_t size;        /* unpacked */
    uint64_t packed_size; /* as it lies in the archive */
    uint64_t packed_at;   /* where */
    uint32_t crc;
    uint16_t method; /* ZIP_METHOD_… */
    uint16_t flags;
    bool executable; /* any x bit */
};

/*
 * For a caller that pulls: each step reads one piece of the archive and gives what it makes to the sink.
 * `done` is set by the last step, which checks size and CRC.
 */
struct wheel_reader {
    int fd; /* borrowed; its offset is not used */
    const struct wheel_entry *entry;
    struct codec
        *codec; /* the caller's, used by nobody else in between (its deflate side may be) */
    bytes_sink sink;
    void *arg;
    uint64_t at, left; /* packed bytes: where in the file, how many */
    uint64_t size;     /* what came out so far */
    uint32_t crc;      /* of that */
    struct zip_decoder
        *decoder; /* of what is neither stored nor deflated; from the first step on */
    bool done;
    size_t chunk;
    char *buf;
};

void wheel_reader_start(struct wheel_reader *r, int fd, const struct wheel_entry *entry,
                        struct codec *codec, bytes_sink sink, void *arg);
int wheel_reader_step(struct wheel_reader *r, struct err *err);
void wheel_reader_release(struct wheel_reader *r);
