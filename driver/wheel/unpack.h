/*
 * Unpacking a wheel into a directory. wheel_zip has already refused every name that could leave its
 * place; here nothing that lies in the directory is followed: parents are opened one by one with
 * O_NOFOLLOW, and files are created anew or replaced by rename, never written through. Several
 * processes may unpack the same wheel into the same directory at once: all succeed.
 */
#pragma once

#include "base/str.h"
#include "wheel/wheel_zip.h"

/*
 * Decides for an entry where it goes: returns the name below the directory, which must live until
 * the next call, or NULL to leave the entry out. `arg` is the caller's.
 */
typedef const char *unpack_place(void *arg, const struct wheel_entry *entry);

/*
 * Writes the entries below dirfd; `place` NULL means each at its own name. Modes are what the umask
 * makes of 0666, and 0777 with all x bits for executable entries, as pip does.
 */
int wheel_unpack(struct wheel_zip *z, int dirfd, unpack_place *place, void *arg, struct err *err);

/*
 * Opens the directory to unpack into, and says at once, naming it, when nothing can be written there.
 */
int wheel_unpack_open(const char *directory, int *ret_fd, struct err *err);

/* A file of the caller's own beside them, in the same way. `name` must be a safe one (base/path.h). */
int wheel_unpack_text(int dirfd, const char *name, const struct str *text, bool executable,
                      struct err *err);
