/*
 * Reading any wheel, hostile ones included. Opening reads the central directory through libzip and
 * refuses what a wheel may not have: names that leave their place (absolute, "..", backslash), the
 * same name twice, a name that is a file and a directory, symbolic links and other special files,
 * encryption, methods that Python does not read, entries that overlap, bytes before, between
 * or behind the entries that belong to none, headers that contradict the central directory, and
 * more output than the limits below allow. Directory entries are left out; other entries come in
 * bytewise order of their names.
 *
 * A wheel_zip belongs to one thread at a time, but for the functions that take it const: those may
 * run in any number of threads at once. It borrows the fd and does not use its offset. Entries live
 * as long as the wheel_zip.
 */
#pragma once

#include "base/sha256.h"
#include "wheel/wheel_entry.h"

/* More than any wheel that exists needs. The ratio counts above WHEEL_RATIO_FREE only. */
enum { WHEEL_MAX_ENTRIES = 500000, WHEEL_MAX_RATIO = 200 };
#define WHEEL_MAX_UNPACKED (UINT64_C(16) << 30)
#define WHEEL_RATIO_FREE (UINT64_C(1) << 30)

struct wheel_zip;

/* ERR_FORMAT for whatever is wrong with the archive, a negative errno for reading it. */
int wheel_zip_open(int fd, struct wheel_zip **ret_zip, struct err *err);
void wheel_zip_close(struct wheel_zip *z); /* accepts NULL */
void wheel_zip_closep(struct wheel_zip **z);
#define auto_wheel_zip __attribute__((cleanup(wheel_zip_closep)))

const struct wheel_entry *wheel_zip_entries(const struct wheel_zip *z, size_t *ret_count);
const struct wheel_entry *wheel_zip_find(const struct wheel_zip *z, const char *name);
uint64_t wheel_zip_unpacked_size(const struct wheel_zip *z); /* of all entries */
int wheel_zip_fd(const struct wheel_zip *z);                 /* for wheel_reader_start */

/*
 * The name of the one top-level "*.dist-info" directory, without a slash; points into z. ERR_FORMAT
 * when there is none or more than one.
 */
int wheel_zip_dist_info(struct wheel_zip *z, const char **ret_dir, struct err *err);

/*
 * The text of a file of that directory, of at most `max` bytes, appended to out. When the wheel has no
 * such file, *ret_there is false and the result 0; with ret_there NULL that is an error.
 */
int wheel_zip_read_info(struct wheel_zip *z, const char *file, size_t max, struct str *out,
                        bool *ret_there, struct err *err);

/* Unpacks an entry of at most `max` bytes into out (appended); size and CRC are checked. */
int wheel_zip_read(struct wheel_zip *z, const struct wheel_entry *entry, size_t max,
                   struct str *out, struct err *err);
/* The same in pieces, for entries of any size. */
int wheel_zip_stream(struct wheel_zip *z, const struct wheel_entry *entry, bytes_sink sink,
                     void *arg, struct err *err);
/* The sha256 of its content. */
int wheel_zip_sha256(struct wheel_zip *z, const struct wheel_entry *entry,
                     uint8_t ret_digest[SHA256_BYTES], struct err *err);
/* wheel_zip_stream() with the caller's codec. */
int wheel_zip_unpack(const struct wheel_zip *z, const struct wheel_entry *entry,
                     struct codec *codec, bytes_sink sink, void *arg, struct err *err);
