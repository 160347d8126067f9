/*
 * TW4: RECORD against the files. Digests are made while each file is read once, for all that want its
 * content (lint/lint_content.h).
 */
#pragma once

#include "base/sha256.h"
#include "lint/subject.h"

/* False when there is no RECORD that can be read; then nothing is compared. */
bool lint_record_read(const struct subject *s, struct record *ret_record);
/* Which files are listed. */
void lint_record_names(const struct subject *s, const struct record *record);
/* The row of one file. */
void lint_record_row(const struct subject *s, const struct record *record,
                     const struct wheel_entry *entry, const uint8_t digest[SHA256_BYTES]);
