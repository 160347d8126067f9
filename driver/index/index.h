/*
 * A package index of a directory of wheels, as files that any web server, or file://, can serve:
 *
 *     DIR/simple/index.html, index.json                       all projects
 *     DIR/simple/<project>/index.html, index.json             its files
 *     DIR/simple/<project>/<wheel>, <wheel>.metadata          a copy of the wheel, and its METADATA (PEP 658)
 *
 * DIR/simple is written anew beside the old one and put in its place whole, so nobody sees a half, and
 * what is no longer in the directory of wheels is gone. Files that would be the same are the old ones,
 * with their times; when all are, nothing is changed. Two processes that write the same index wait for
 * each other. One thread.
 */
#pragma once

#include "base/err.h"
#include "record/run_record.h"

struct index_result {
    size_t wheels, projects;
    bool changed;
};

/*
 * Whether index_write could write there, as far as can be seen before there is anything to write.
 * ERR_USAGE for a DIR/simple that truewheel has not written.
 */
int index_check(const char *dir, struct err *err);

/*
 * Writes the index of the *.whl files in `wheels` to `dir`, which is made when it is missing. What is
 * yanked is what `record` (NULL: none), a record beside a wheel, or the index that was there says of a
 * file with the same bytes. ERR_FORMAT for a wheel whose name or METADATA cannot be read.
 */
int index_write(const char *wheels, const char *dir, const struct run_record *record,
                struct index_result *ret_result, struct err *err);
