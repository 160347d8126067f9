/*
 * The two header files of *.dist-info: METADATA (core metadata) and WHEEL. Both are mail headers:
 * "Name: value" lines, continuation lines that start with a blank, and in METADATA a description
 * behind the first empty line. Read as Python's email parser reads them, because that is what pip
 * uses: names without case, the first line that is no header ends the headers. Hostile input is
 * expected: there are limits, and control bytes are refused. Any thread.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

enum { META_MAX_BYTES = 64 << 20, META_MAX_FIELDS = 100000, META_MAX_VALUE = 1 << 20 };

struct meta_field {
    char *name;  /* as written */
    char *value; /* trimmed; a continuation's line break and indent are one blank */
};

/* All headers in their order, for whoever wants more than the structs below have. */
struct meta_fields {
    struct meta_field *items;
    size_t count;
    size_t cap;
};

#define META_FIELDS_INIT                                                                           \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_meta_fields __attribute__((cleanup(meta_fields_release)))

int meta_fields_parse(const char *text, size_t len, struct meta_fields *ret_fields,
                      struct err *err);
void meta_fields_release(struct meta_fields *f);
/* The first value of that name, or NULL; points into f. */
const char *meta_fields_get(const struct meta_fields *f, const char *name);
/* All values of that name are added to out. */
void meta_fields_get_all(const struct meta_fields *f, const char *name, struct strv *out);

struct metadata {
    char *metadata_version;
    char *name;
    char *version;
    char *requires_python;     /* NULL when absent */
    struct strv requires_dist; /* requirement texts with their markers */
    struct strv provides_extra;
    struct strv dynamic; /* lower case */
};

#define METADATA_INIT                                                                              \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_metadata __attribute__((cleanup(metadata_release)))

/* Fails with ERR_FORMAT when Metadata-Version, Name or Version is missing, empty or there twice. */
int metadata_parse(const char *text, size_t len, struct metadata *ret_metadata, struct err *err);
void metadata_release(struct metadata *m);

struct wheel_info {
    char *wheel_version; /* "1.0" */
    char *generator;     /* NULL when absent */
    char *build;         /* NULL when absent */
    bool root_is_purelib;
    struct strv tags; /* "py3-none-any" */
};

#define WHEEL_INFO_INIT                                                                            \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_wheel_info __attribute__((cleanup(wheel_info_release)))

/* Fails with ERR_FORMAT without a Wheel-Version, or with one whose major number is above 1. */
int wheel_info_parse(const char *text, size_t len, struct wheel_info *ret_info, struct err *err);
void wheel_info_release(struct wheel_info *w);
