/*
 * A wheel, opened: its file name parsed, its directory read, its METADATA and its WHEEL parsed, each
 * of them once. Whoever checks, rewrites or describes a wheel takes this and opens nothing again.
 *
 * Opening refuses what cannot be read safely (wheel_zip.h) and what is no wheel: a file name that is
 * none, no or two .dist-info directories, a directory or METADATA that is not of the file's name,
 * no METADATA, WHEEL or RECORD, and a METADATA or WHEEL that cannot be read.
 *
 * It borrows the fd, which must stay open as long as the wheel, and owns the rest. It belongs to one
 * thread at a time; functions that take it const only read what opening has filled in.
 */
#pragma once

#include "base/vec.h"
#include "wheel/meta.h"
#include "wheel/wheel_name.h"
#include "wheel/wheel_zip.h"

struct wheel {
    int fd;                 /* borrowed */
    struct wheel_name name; /* of the file; empty when it was opened without one */
    struct wheel_zip *zip;
    const char *dist_info; /* the directory's name, without a slash; points into zip */
    struct metadata metadata;
    struct wheel_info info;
    struct strv notes; /* sentences about names that other systems cannot have (wheel_notes.h) */
};

#define WHEEL_INIT                                                                                 \
    {                                                                                              \
        .fd = -1                                                                                   \
    }
#define auto_wheel __attribute__((cleanup(wheel_release)))

/*
 * `file_name` may have a directory in front; NULL: it is not known, and nothing is compared with it.
 * ERR_FORMAT, or a negative errno for reading. *ret_wheel is only set on success.
 */
int wheel_open(int fd, const char *file_name, struct wheel *ret_wheel, struct err *err);
void wheel_release(struct wheel *wheel); /* accepts an empty one */
