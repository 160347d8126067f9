/*
 * A directory of files that is written anew beside the one that is there and replaces it whole. Files that
 * would be the same are linked from the old one. What a run that was killed had left is removed by the
 * next one. One thread.
 *
 *     index_tree_begin ──> index_tree_enter, index_tree_put … ──> index_tree_commit
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

struct index_tree {
    int dir;        /* what it lies in; locked */
    int old, fresh; /* the one that is there (-1: none), the one that is written */
    char *name;     /* below dir */
    char name_of_fresh[32];
    size_t put,
        kept; /* files, and directories that were entered; those that were there as they are */
};

#define INDEX_TREE_INIT                                                                            \
    {                                                                                              \
        .dir = -1, .old = -1, .fresh = -1                                                          \
    }
#define auto_index_tree __attribute__((cleanup(index_tree_release)))

/* Waits while another process writes there. */
int index_tree_begin(const char *dir, const char *name, struct index_tree *ret_tree,
                     struct err *err);
/* A directory below both, which is made; *ret_old is -1 when the old one has none. */
int index_tree_enter(struct index_tree *tree, const char *name, int *ret_old, int *ret_fresh,
                     struct err *err);
/*
 * Puts what is in `from` (from its start) into the directory `fresh` as `name`: mode 0644, linked to what
 * the directory `old` has when that is the same.
 */
int index_tree_put(struct index_tree *tree, int old, int fresh, const char *name, int from,
                   struct err *err);
int index_tree_put_bytes(struct index_tree *tree, int old, int fresh, const char *name,
                         const struct str *bytes, struct err *err);
/* Puts it in place, unless it is what was there. *ret_changed: it was not. */
int index_tree_commit(struct index_tree *tree, bool *ret_changed, struct err *err);
/* What was not committed is removed. */
void index_tree_release(struct index_tree *tree);
