/*
 * Full reads and writes, whole files, programs on a PATH, directory trees. Where safety depends on
 * it, names are relative to a directory descriptor. Any thread; nothing here changes the process's
 * state.
 */
#pragma once

#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

/* Writes all of it; 0 or negative errno. */
int write_full(int fd, const void *bytes, size_t len);
/* Reads until len bytes or end of file; the count, or negative errno. */
ssize_t read_full(int fd, void *buf, size_t len);
/* Appends the rest of fd to out; fails with -EFBIG beyond max bytes. */
int read_all(int fd, size_t max, struct str *out, struct err *err);
int read_file(const char *path, size_t max, struct str *out, struct err *err);
int write_file(const char *path, const void *bytes, size_t len, mode_t mode, struct err *err);

/*
 * The path of the first executable file `name` in `dirs` (separated by ':', like PATH) for which
 * accept() is true (NULL: any). NULL: there is none. The caller frees.
 */
char *find_executable(const char *dirs, const char *name, bool (*accept)(const char *path));

/* Copies the rest of one file to another, with copy_file_range() where that works. */
int copy_fd(int from, int to, struct err *err);
/* The same for at most len bytes. Both go on where the offsets of the files are. */
int copy_range(int from, int to, uint64_t len, struct err *err);

/*
 * Whether two regular files have the same bytes. Reads from their starts with pread(): the offsets
 * neither matter nor move.
 */
int files_equal(int a, int b, bool *ret_equal, struct err *err);

/*
 * Adds the names in a directory, then sorts the list. When there are more than `max` (0: no limit),
 * it is any `max` of them. Does not move the offset of dirfd.
 */
int list_dir(int dirfd, size_t max, struct strv *ret_names, struct err *err);

/* mkdir -p with the given mode for what is created. */
int make_dirs(const char *path, mode_t mode, struct err *err);

/*
 * Removes `name` below dirfd and everything in it. Follows no symbolic link, not even one that
 * replaces a directory meanwhile: each level is opened with O_NOFOLLOW. Directories without write
 * permission are made writable first. A missing name is success. A tree of any depth takes a few
 * dozen descriptors and little stack.
 */
int remove_tree_at(int dirfd, const char *name, struct err *err);

/* The same; -ERR_CANCELLED soon after stop_fd (-1: none) has become readable. */
int remove_tree_until(int dirfd, const char *name, int stop_fd, struct err *err);

/*
 * Waits until fd can be read or is at its end: 0. -ERR_CANCELLED when stop_fd (-1: none) can be
 * read, -ERR_TIMEOUT at the deadline (base/clock.h).
 */
int wait_readable(int fd, int stop_fd, int64_t deadline_ms, struct err *err);
/* read_all(); -ERR_CANCELLED when stop_fd (-1: none) can be read. */
int read_all_until(int fd, size_t max, int stop_fd, struct str *out, struct err *err);

/*
 * Sets the mode of `name` below dirfd, which need not be readable; -ELOOP for a symbolic link. Needs
 * /proc: fchmodat(2) follows a link that somebody puts there meanwhile.
 */
int set_mode_at(int dirfd, const char *name, mode_t mode, struct err *err);

/* A CLOEXEC pipe. */
int make_pipe(int ret_fds[2], struct err *err);
int set_nonblocking(int fd, struct err *err);
