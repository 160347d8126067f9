/*
 * RECORD and INSTALLER of a wheel that was laid out for Bazel (bazel/layout.h). The wheel's
 * own RECORD names places that only an archive has (*.data/), and no generated file. Of what is
 * written here nothing depends on time or place: the same files give the same bytes.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"

/*
 * `files` are the names below dirfd of all that was written, each perhaps more than once; sorted
 * here. RECORD has each with its path from site-packages on, and the hash and size that it has now.
 */
int bazel_record_write(int dirfd, const char *dist_info, struct strv *files, struct err *err);

/* True for an entry of the wheel that is not to be unpacked, because it is written anew here. */
bool bazel_record_replaces(const char *dist_info, const char *name);
