/* Where what was built, or used, came from, as a record tells it. Any thread. */
#pragma once

#include "record/run_record.h"

/* Whether others can look there as well: not a file of this machine. */
bool origin_is_public(const char *url);

/* From an sdist, and not from a directory or a checkout, of which no index knows. */
bool origin_is_archive(const struct record_build *build);

/* The file of a tool in the key ("/usr/bin/cc 75e9…"): its sha256, or NULL. Points into the record. */
const char *origin_tool_sha256(const struct run_record *record, const char *part);
