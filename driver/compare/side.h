/*
 * One of two zip archives that are compared: open, its files by the names under which they are looked
 * for on the other side, and their headers as they lie in the file.
 *
 * A side borrows the fd and owns the rest. Not shared between threads.
 */
#pragma once

#include "wheel/wheel_zip.h"
#include "zip/zip_layout.h"

struct side_file {
    char *key;                       /* the name; in *.dist-info and *.data without the version */
    const struct wheel_entry *entry; /* borrowed from zip */
    const struct zip_span *span;     /* borrowed from layout */
};

struct side {
    int fd;
    struct wheel_zip *zip;
    struct zip_layout layout;
    const char *dist_info;   /* the directory's name; NULL: this is no wheel */
    struct side_file *files; /* bytewise by key */
    size_t count;
    uint64_t size; /* of the archive's file */
};

#define SIDE_INIT                                                                                  \
    {                                                                                              \
        .fd = -1                                                                                   \
    }
#define auto_side __attribute__((cleanup(side_release)))

/* wheel_zip_open's errors. */
int side_open(int fd, struct side *ret_side, struct err *err);
void side_release(struct side *side);

/* The central header of a file, as it lies in the archive: APPNOTE.TXT, 4.3.12. */
const uint8_t *side_header(const struct side *side, const struct zip_span *span);
/* The packed bytes; appended to out. */
int side_read_packed(const struct side *side, const struct wheel_entry *entry, struct str *out,
                     struct err *err);
