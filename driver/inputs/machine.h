/*
 * The machine's part of every key (inputs/key.h): this program, the interpreter, the compiler and what
 * else of the system a build can see, the variables that get through. Found out once a run.
 */
#pragma once

#include "base/err.h"
#include "base/vec.h"
#include "inputs/digests.h"
#include "inputs/key.h"

/* What the user asked for that decides about bytes. */
struct machine_options {
    const struct strv *variables; /* --env, NAME=VALUE */
    const struct strv *binds;     /* --bind */
    const char *image; /* digest of the image that the machine was made from; NULL: look around */
    struct digests *digests; /* of files that were read before, and are read now; NULL: none */
};

/*
 * Adds what does not depend on the interpreter. Reads the package manager's database and lists what is
 * installed beside it; starts programs (a compiler that is no package), so call it while there is one
 * thread. -ERR_CANCELLED when stop_fd becomes readable.
 */
int machine_key(const struct machine_options *options, int stop_fd, struct key *ret_key,
                struct err *err);

/* Adds the files that variables (NAME=VALUE) name and no package manager vouches for. Any thread. */
int machine_key_files(const struct strv *variables, struct key *ret_key, struct err *err);
/* Adds binds (as of --bind), and the files in them. Any thread. */
int machine_key_binds(const struct strv *binds, struct key *ret_key, struct err *err);

/* What an engine says of its interpreter and of itself. */
struct interpreter_facts {
    const char *version;    /* sys.version */
    const char *tag;        /* "cp311-cp311-linux_x86_64" */
    const char *executable; /* absolute */
    const char *prefix;     /* sys.base_prefix */
    const char *config;     /* digest of its sysconfig */
    const char *shim;       /* digest of pyshim, guest files included */
    const char *guest;      /* digest of the guest library */
    const char *pip;        /* version: it writes scripts into environments */
};

/* Adds the interpreter's parts. `options` as above: with an image its files are not listed. */
int machine_key_interpreter(const struct machine_options *options,
                            const struct interpreter_facts *facts, struct key *ret_key,
                            struct err *err);
