/*
 * Temporary things with an owner. Files live in the directory that they will be renamed in; a run's
 * directory is private (0700) below TMPDIR. Both are removed on every way out that lets code run;
 * what a kill -9 left behind, a later run of the same user removes: a run directory holds a lock
 * while its owner lives.
 */
#pragma once

#include "base/err.h"

struct tmp_file {
    int fd;       /* open for reading and writing; -1 when empty */
    int dirfd;    /* borrowed */
    char name[32];
};

#define TMP_FILE_INIT {.fd = -1, .dirfd = -1}

int tmp_file_create(int dirfd, struct tmp_file *ret, struct err *err);
/* It was renamed: release must not unlink it. */
void tmp_file_committed(struct tmp_file *tmp);
/* Closes, and unlinks unless committed. */
void tmp_file_release(struct tmp_file *tmp);

struct tmp_dir {
    char *path;  /* owned */
    int lock_fd; /* of path/.owner, locked while the owner lives */
};

#define TMP_DIR_INIT {.path = NULL, .lock_fd = -1}

/* Makes "<TMPDIR>/truewheel-run-XXXXXX" and removes abandoned ones of the same user. */
int tmp_dir_create(struct tmp_dir *ret, struct err *err);
void tmp_dir_release(struct tmp_dir *dir);
