/*
 * Temporary things with an owner.
 *
 * A temporary file lies in the directory in which it will be renamed. Where the file system can do
 * it (O_TMPFILE) it has no name until then, so a process that is killed leaves nothing. Elsewhere
 * it is called ".truewheel-XXXXXX.tmp", which no *.whl pattern matches; one that is left can be
 * removed.
 *
 * A run's directory is private (0700), below TMPDIR. It has a lock that is held while its owner
 * lives: when that was killed, the next run of the same user removes the directory.
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

int tmp_file_create(int dirfd, struct tmp_file *ret_file, struct err *err);
/*
 * Renames it to `name` in the same directory, over a file that is there. The descriptor stays open.
 */
int tmp_file_rename(struct tmp_file *tmp, const char *name, struct err *err);
/* Closes it, and removes it when it was not renamed. */
void tmp_file_release(struct tmp_file *tmp);

/*
 * A file in the system's temporary directory that never has a name: nobody else can open it, and it
 * is gone when it is closed. The descriptor, or a negative code.
 */
int tmp_scratch_open(struct err *err);

struct tmp_dir {
    char *path;  /* owned */
    int lock_fd; /* of path/.owner, which is locked while the owner lives */
    pid_t owner;
};

#define TMP_DIR_INIT                                                                               \
    {                                                                                              \
        .path = NULL, .lock_fd = -1                                                                \
    }

/*
 * Makes "<TMPDIR>/truewheel-run-XXXXXX". Before that it removes abandoned ones of the same user;
 * that may take long, and ends early when stop_fd (-1: none) becomes readable.
 */
int tmp_dir_create(struct tmp_dir *ret_dir, int stop_fd, struct err *err);
/* The same below another directory, which only this user may write to. */
int tmp_dir_create_in(const char *parent, struct tmp_dir *ret_dir, int stop_fd, struct err *err);
/* Removes the directory if this process made it. */
void tmp_dir_release(struct tmp_dir *dir);
