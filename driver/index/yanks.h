/* What is known of files that an index has yanked (PEP 592). One thread. */
#pragma once

#include "base/err.h"
#include "index/shelf.h"
#include "record/run_record.h"

/*
 * Sets what is known of a file: by the record of the run that delivered it (NULL: none), by the record
 * beside it in the directory of wheels, or by the page of its project in the old index (-1: none). What
 * is said of other bytes under the same name does not count.
 */
void yanks_find(const struct run_record *record, const char *wheels, int old,
                struct shelf_file *file);
