/*
 * RECORD and INSTALLER of a wheel that was laid out for Bazel (bazel/layout.h). The wheel's own
 * RECORD cannot be used: it has paths that exist only in the archive (*.data/) and not the files
 * that are generated. The same files give the same bytes, whenever and wherever they are written.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"

/*
 * `files` are the names below dirfd of all files that were written; a name may be there twice. The
 * list is sorted here. RECORD has each file once, with its path relative to site-packages and its
 * present hash and size.
 */
int bazel_record_write(int dirfd, const char *dist_info, struct strv *files, struct err *err);

/*
 * True for an entry of the wheel that must not be unpacked, because bazel_record_write() writes it.
 */
bool bazel_record_replaces(const char *dist_info, const char *name);
