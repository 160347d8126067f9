/*
 * Looking at a store as a whole: what is in it, whether it is whole, and making it smaller. Entries are
 * removed least recently used first.
 */
#pragma once

#include "store/store.h"

struct store_item {
    enum store_kind kind;
    char digest[SHA256_HEX];
    char *name;     /* "psutil 7.2.2", "environment (setuptools, wheel)"; owned */
    uint64_t bytes; /* on disk */
    int64_t used_s; /* seconds since the epoch; a time to come counts as now */
    bool damaged;   /* set by store_verify */
};

struct store_items {
    struct store_item *items;
    size_t count;
    size_t cap;
};

void store_items_release(struct store_items *items);

/* All entries, least recently used first. What goes meanwhile is left out. */
int store_list(const struct store *store, struct store_items *ret_items, struct err *err);

/* What a store may grow to. */
struct store_bounds {
    uint64_t max_bytes; /* 0: no bound */
    int64_t max_age_s;  /* since the last use; 0: no bound */
};

/*
 * TRUEWHEEL_CACHE_MAX_SIZE (bytes, or with K, M, G) and TRUEWHEEL_CACHE_MAX_AGE (days); else 10 GiB, or a
 * tenth of the file system where that is less, and 90 days. -ERR_USAGE for what is no number.
 */
int store_bounds_default(const struct store *store, struct store_bounds *ret_bounds,
                         struct err *err);

/* What was done. */
struct store_change {
    size_t removed, kept;
    uint64_t removed_bytes, kept_bytes;
};

/*
 * Takes the store for cleaning: nobody else uses it until store_close. The caller's own use of it ends
 * here. -EAGAIN, and err unchanged: somebody uses it and `wait` is NULL.
 */
int store_claim(struct store *store, const struct lock_wait *wait, struct err *err);

/* Removes what is beyond the bounds, and what killed processes left. The store must be claimed. */
int store_shrink(struct store *store, const struct store_bounds *bounds,
                 struct store_change *ret_change, struct err *err);

/*
 * Keeps a store within its default bounds, at most once a day and only while nobody else uses it. For
 * the end of a run: the store is claimed afterwards. What fails is the next run's to do.
 */
void store_tidy(struct store *store);

/* Compares every entry with what it says of itself; damaged ones are marked. */
int store_verify(struct store *store, struct store_items *items, struct err *err);
