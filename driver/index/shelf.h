/*
 * What an index says of its wheels, and the pages that say it: HTML (PEP 503, version 1.1 of the API)
 * and JSON (PEP 691, PEP 700), of all projects and of one. Each file lies beside the page of its
 * project, so links are names. Pure data; any thread.
 */
#pragma once

#include "base/sha256.h"
#include "base/str.h"

struct shelf_file {
    char *name;
    char *project; /* in normal form: the name of its page */
    char *version;
    char *requires_python; /* NULL: not said */
    char *yanked;          /* why (PEP 592); NULL: it is not */
    char sha256[SHA256_HEX];
    char metadata_sha256[SHA256_HEX];
    uint64_t size;
};

struct shelf {
    struct shelf_file *items; /* after shelf_sort(): by project, then by name */
    size_t count;
    size_t cap;
};

#define SHELF_INIT                                                                                 \
    {                                                                                              \
        0                                                                                          \
    }
#define auto_shelf __attribute__((cleanup(shelf_release)))

void shelf_release(struct shelf *shelf);
void shelf_sort(struct shelf *shelf);

/* The end of the project that begins at `first`. */
size_t shelf_project_end(const struct shelf *shelf, size_t first);

/* Pages of a project, from its files [first, end). */
void shelf_project_html(const struct shelf *shelf, size_t first, size_t end, struct str *out);
void shelf_project_json(const struct shelf *shelf, size_t first, size_t end, struct str *out);
/* Pages of all projects. */
void shelf_root_html(const struct shelf *shelf, struct str *out);
void shelf_root_json(const struct shelf *shelf, struct str *out);

/* By which a page of the index that truewheel has written is known. */
#define SHELF_MARK "<meta name=\"generator\" content=\"truewheel\">"
