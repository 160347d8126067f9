/* Looks at RECORD. */
#include "lint/lint_record.h"

#include <string.h>

#include "base/str.h"

bool lint_record_read(const struct subject *s, struct record *ret_record)
{
    auto_str struct str text = STR_INIT;
    auto_err struct err cause = ERR_INIT;
    const struct wheel_entry *entry = subject_find_info(s, "RECORD");

    if (!s->dist_info)
        return false;
    if (!entry) {
        lint_add(s->report, LINT_NO_RECORD, NULL, "has no '%s/RECORD'", s->dist_info);
        return false;
    }
    int ret = wheel_zip_read(s->zip, entry, RECORD_MAX_BYTES, &text, &cause);
    if (ret == 0)
        ret = record_parse(text.buf, text.len, ret_record, &cause);
    if (ret < 0)
        lint_add(s->report, LINT_RECORD_FORM, NULL, "%s", cause.message);
    return ret == 0;
}

/* Signatures of RECORD: they are made of it, so it cannot have their digests. */
static bool is_signature(const struct subject *s, const char *name)
{
    const char *file = subject_info_file(s, name);

    return file && (str_eq(file, "RECORD.jws") || str_eq(file, "RECORD.p7s"));
}

static bool is_record(const struct subject *s, const char *name)
{
    const char *file = subject_info_file(s, name);

    return file && str_eq(file, "RECORD");
}

void lint_record_names(const struct subject *s, const struct record *record)
{
    for (size_t i = 0; i < s->count; i++) {
        const char *name = s->entries[i].name;
        if (!is_signature(s, name) && !record_find(record, name))
            lint_add(s->report, LINT_NOT_LISTED, name, "it is not in RECORD");
    }
    for (size_t i = 0; i < record->count; i++) {
        const char *path = record->items[i].path;
        if (!wheel_zip_find(s->zip, path) && !is_signature(s, path))
            lint_add(s->report, LINT_LISTED_ONLY, path, "RECORD lists it, the wheel has it not");
    }
}

static bool is_weak(const char *hash)
{
    return str_starts(hash, "md5=") || str_starts(hash, "sha1=");
}

void lint_record_row(const struct subject *s, const struct record *record,
                     const struct wheel_entry *entry, const uint8_t digest[SHA256_BYTES])
{
    const struct record_row *row = record_find(record, entry->name);
    auto_err struct err cause = ERR_INIT;

    if (!row || is_record(s, entry->name) || is_signature(s, entry->name))
        return;
    if (!*row->hash || is_weak(row->hash))
        lint_add(s->report, LINT_WEAK_DIGEST, entry->name, "its row in RECORD has %s",
                 *row->hash ? "a digest that is not allowed" : "no digest");
    else if (record_check(row, digest, entry->size, NULL, &cause) < 0)
        lint_add(s->report, LINT_WRONG_DIGEST, entry->name, "%s", cause.message);
}
