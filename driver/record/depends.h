/*
 * What the wheels of a run were made of, as far as it lies on this machine and may change: the files
 * that the user named, the settings file with its patches, local archives, and local trees with every file and directory in them (a
 * directory's time tells of a file that came or went). The same files that decide about a tree's
 * digest: not those of version control.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"
#include "inputs/options.h"
#include "record/run_record.h"

enum { DEPENDS_MAX_FILES = 50000 };

/* The files that are known before the run: what -r, -c and their like name. Appends to `ret`. */
void depends_list_named(const struct wheel_options *options, struct strv *ret);

/*
 * All of them, sorted, each once; without what the run itself has written: what is below one of
 * `outputs` (real paths), and directories that hold one. Of more than DEPENDS_MAX_FILES in trees the
 * rest is left out, which the log says.
 */
void depends_list(const struct wheel_options *options, const struct run_record *record,
                  const struct strv *outputs, struct strv *ret);
