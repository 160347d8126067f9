/*
 * What the machine's package manager has installed: the libraries, headers and programs that a build can
 * see, by name and version. Reads the manager's own database (dpkg, apk, pacman); rpm is asked.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"

/* The formats of databases that are files, for tests; the names are those that packages_list returns. */
int packages_read(const char *manager, const char *path, struct strv *ret_list, struct err *err);

/*
 * Adds "name version architecture" of each installed package, sorted; *ret_manager is "dpkg", "apk",
 * "pacman" or "rpm", or "none" with an empty list where no database is known. May start a program (rpm),
 * so call it while there is one thread. Gives up with -ERR_CANCELLED when stop_fd becomes readable.
 */
int packages_list(struct strv *ret_list, const char **ret_manager, int stop_fd, struct err *err);

/* The database where it is one file, of which the list is a function; NULL: it is none. */
const char *packages_database(void);
