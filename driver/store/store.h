/*
 * The store: what outlives a run, below the user's cache directory. The files are the truth; there is
 * no index that could be wrong.
 *
 *     STORE/v1/wheels/<kk>/<key>/      a built wheel, by the sha256 of its key   (store/wheels.h)
 *     STORE/v1/envs/<kk>/<digest>/     a build environment                       (store/envs.h)
 *     STORE/v1/runs/<kk>/<key>/        the answer that a run had                 (store/runs.h)
 *     STORE/v1/proofs/<kk>/<key>/      that a built wheel was proven             (store/proofs.h)
 *     STORE/v1/times/<project>         how long its last build took             (store/times.h)
 *     STORE/v1/tmp/truewheel-run-*     what is being made; of a killed run: removed by the next one
 *     STORE/v1/lock, STORE/v1/locks/   see below
 *
 * An entry is a directory. It is made in tmp/ and appears by one rename, whole or not at all; nothing
 * in it changes afterwards but the directory's time, which says when it was last used. So whoever
 * finds an entry may read it. ENOENT at any moment is a miss: somebody else may be cleaning.
 *
 * Who uses the store holds `lock` shared, who removes entries holds it exclusively: nothing goes under
 * a run. A lock in locks/ is held by whoever makes the entry of that name, so that two runs do not make
 * it twice; that is about work saved and never about correctness.
 *
 * Only this user may write to a store (0700). One that another user owns is read, and then only when
 * the user has named it and nobody but its owner can write to it. Any thread, after store_open.
 */
#pragma once

#include "base/err.h"
#include "base/sha256.h"
#include "base/str.h"
#include "system/lock.h"
#include "system/tmp.h"

struct store {
    char *path;             /* STORE/v1, absolute; NULL: no store is used */
    int fd;                 /* of path */
    bool writable;          /* false: entries are read only */
    struct lock use;        /* shared */
    struct tmp_dir staging; /* below tmp/; only when writable */
};

#define STORE_INIT                                                                                 \
    {                                                                                              \
        .fd = -1, .use = LOCK_INIT, .staging = TMP_DIR_INIT                                        \
    }

/*
 * Where the store lies: `named` (NULL: none), TRUEWHEEL_CACHE_DIR, XDG_CACHE_HOME/truewheel,
 * ~/.cache/truewheel. *ret_named: whether the user named it. The caller frees. NULL: there is no home.
 */
char *store_place(const char *named, bool *ret_named);

/*
 * Opens the store at `place` (and makes it), for use by a run. -ERR_ENVIRONMENT when it is not safe to
 * use; -EROFS and its like when it cannot be written and holds nothing to read. While another process
 * cleans, it waits, as `wait` says. Before the first thread.
 */
int store_open(struct store *ret_store, const char *place, bool named, const struct lock_wait *wait,
               struct err *err);
void store_close(struct store *store); /* accepts STORE_INIT */

/* False for STORE_INIT. */
bool store_is_open(const struct store *store);

/* The kinds of entries, and their directories. */
enum store_kind { STORE_WHEELS, STORE_ENVS, STORE_RUNS, STORE_PROOFS, STORE_KIND_COUNT };
const char *store_kind_name(enum store_kind kind);

/* "wheels/ab/abcd…", relative to the store. The caller frees. */
char *store_entry_name(enum store_kind kind, const char digest[SHA256_HEX]);

/* Opens an entry's directory and notes its use. -ENOENT, and err unchanged: there is none. */
int store_entry_open(const struct store *store, enum store_kind kind, const char digest[SHA256_HEX],
                     int *ret_fd, struct err *err);

/* The same without noting a use; -1, and errno. */
int store_entry_look(const struct store *store, enum store_kind kind,
                     const char digest[SHA256_HEX]);

/* A file of an entry (or of any directory), which follows no link: its text, of at most `max` bytes. */
int store_read_part(int dirfd, const char *name, size_t max, struct str *ret_text, struct err *err);
/* A new one, 0444. */
int store_write_part(int dirfd, const char *name, const char *text, struct err *err);

/* A new directory in the staging area, 0700. *ret_path is absolute; the caller frees. */
int store_stage(struct store *store, char **ret_path, int *ret_fd, struct err *err);

/*
 * Makes a staged directory the entry. When the entry is there already, that one stays, and the staged
 * one is removed: what both hold came from the same key. The staged directory is gone in any case.
 */
int store_publish(struct store *store, const char *staged, enum store_kind kind,
                  const char digest[SHA256_HEX], struct err *err);

/* Removes an entry that turned out to be damaged. */
int store_drop(struct store *store, enum store_kind kind, const char digest[SHA256_HEX],
               struct err *err);

/* The lock of whoever makes an entry; see lock_try and lock_acquire. */
int store_lock_entry(const struct store *store, enum store_kind kind, const char digest[SHA256_HEX],
                     struct lock *ret_lock, struct err *err);
