/*
 * Temporary things with an owner.
 *
 * Files live in the directory that they will be renamed in, under a name that no *.whl pattern
 * matches, and only for as long as it takes to rename them: until then they have no name at all where
 * the file system can do that (O_TMPFILE), so a process that is killed leaves nothing. Elsewhere it
 * leaves a ".truewheel-XXXXXX.tmp", which nobody takes for a wheel and anybody may remove.
 *
 * A run's directory is private (0700), below TMPDIR. What a kill -9 left of one, a later run of the
 * same user removes: a run directory holds a lock while its owner lives.
 *
 * Any thread. A fork of the process that made a run directory does not remove it.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"

struct tmp_file {
    int fd;        /* open for reading and writing; -1 when empty */
    int dirfd;     /* borrowed */
    char name[32]; /* empty while the file has no name */
};

#define TMP_FILE_INIT                                                                              \
    {                                                                                              \
        .fd = -1, .dirfd = -1                                                                      \
    }

int tmp_file_create(int dirfd, struct tmp_file *ret, struct err *err);
/* Renames it to `name` in the same directory, over whatever is there. The descriptor stays open. */
int tmp_file_rename(struct tmp_file *tmp, const char *name, struct err *err);
/* Closes, and unlinks what was not renamed. */
void tmp_file_release(struct tmp_file *tmp);

struct tmp_dir {
    char *path;  /* owned */
    int lock_fd; /* of path/.owner, locked while the owner lives */
    pid_t owner;
};

#define TMP_DIR_INIT                                                                               \
    {                                                                                              \
        .path = NULL, .lock_fd = -1                                                                \
    }

/*
 * Makes "<TMPDIR>/truewheel-run-XXXXXX" and removes abandoned ones of the same user, which may take
 * long: not those for which there is no time before stop_fd (-1: none) becomes readable.
 */
int tmp_dir_create(struct tmp_dir *ret, int stop_fd, struct err *err);
/* Removes it, when this process made it. */
void tmp_dir_release(struct tmp_dir *dir);
