/*
 * The wheel that is looked at, as far as it can be read: each checker takes what it needs and finds
 * nothing where that is missing, which another checker has said. Filled in by lint.c, read by the
 * others.
 */
#pragma once

#include "wheel/meta.h"
#include "wheel/record.h"
#include "wheel/wheel_name.h"
#include "wheel/wheel_zip.h"
#include "zip/zip_layout.h"
#include "lint/report.h"

struct lint_identity {
    const char *host; /* names to look for in files; NULL: none */
    const char *user;
};

struct subject {
    struct lint_report *report;
    const struct lint_identity *identity;
    const char *file; /* without a directory */
    int fd;

    bool has_name, has_layout, has_metadata, has_info; /* it can be read */
    struct wheel_name name;
    struct zip_layout layout;
    struct wheel_zip *zip; /* NULL: it cannot be read */
    const struct wheel_entry *entries;
    size_t count;
    const char *dist_info;     /* NULL: there is none, or several */
    struct meta_fields fields; /* of METADATA */
    struct meta_fields info;   /* of WHEEL */
};

/* The name of an entry is a file of *.dist-info: what it is called there, or NULL. */
const char *subject_info_file(const struct subject *s, const char *name);
/* The entry of a file of *.dist-info, or NULL. */
const struct wheel_entry *subject_find_info(const struct subject *s, const char *file);

/* The sets of tags in the file's name, split at the dots. */
void subject_split(const char *set, struct strv *out);
/* Whether all platforms of the file's name begin with that text; false without a name. */
bool subject_is_for(const struct subject *s, const char *platform);
