/*
 * A wheel in the run directory: built here or downloaded, checked, and named by its content. Strings are
 * owned.
 */
#pragma once

#include <stddef.h>

#include "base/sha256.h"

struct wheel_file {
    char *name;    /* base name */
    char *path;    /* absolute */
    char *project; /* as the resolver knows it */
    char *version;
    char *url; /* where an index wheel came from, without credentials; NULL when built */
    char sha256[SHA256_HEX];
};

struct wheel_files {
    struct wheel_file *items;
    size_t count;
    size_t cap;
};

void wheel_file_copy(struct wheel_file *to, const struct wheel_file *from);
void wheel_file_release(struct wheel_file *file);
void wheel_files_release(struct wheel_files *files);

/* Adds a copy of `wheel`, under that project's name. */
void wheel_files_add(struct wheel_files *files, const struct wheel_file *wheel,
                     const char *project);
/* Whether one of them is of that project, however it is spelled. */
bool wheel_files_have(const struct wheel_files *files, const char *project);
/* By base name, bytewise. */
void wheel_files_sort(struct wheel_files *files);
