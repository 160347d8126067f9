/*
 * Which compiler the builds will use: an input of every compiled wheel.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"
#include "inputs/digests.h"
#include "inputs/key.h"

/* The program on the PATH of builds, not on the caller's. The caller frees. NULL: it is not there. */
char *program_find(const char *name, const char *search_path);

/*
 * The first line of what a program prints; "" when it fails, or when stop_fd (-1: none) becomes
 * readable. The caller frees. Starts it: call it while there is one thread.
 */
char *program_first_line(const char *path, char *const argv[], int stop_fd);

/*
 * The first line of `cc --version`, of the compiler that CC names (in `extra`, NAME=VALUE strings, or
 * the environment) or `cc`, on the PATH that builds get; "" when there is none, or when stop_fd
 * becomes readable. The caller frees. Starts a program: call it while there is one thread.
 */
char *compiler_identity(const struct strv *extra, int stop_fd);

/*
 * Adds the programs that compile, assemble and link to the key: each by its path and the sha256 of its
 * file, a banner being the same for two builds of one release. The parts behind a compiler driver (cc1,
 * collect2) come from the same package; where they come from none, they are asked for and hashed too.
 * `digests` (NULL: none) spares reading what was read before. Starts programs.
 */
int compiler_key(const struct strv *extra, struct digests *digests, int stop_fd,
                 struct key *ret_key, struct err *err);
