/*
 * The store (store/) seen from a build: whether this one may come from it, what of it there is,
 * what goes into it.
 *
 * A wheel is taken from the store, and put there, when it is a function of its key: built at a
 * stable path, with build isolation, without a network, by a settled clock, from crates that a lock
 * file names, on a machine whose key is complete, and holds nothing of the day. What was built
 * without a sandbox serves only runs that have none.
 */
#pragma once

#include "build/builder.h"

/* Whether the store may serve this build, which has its environment. --refresh says no. */
bool stored_may_serve(const struct builder *builder, const struct build *build);

/*
 * 0: *ret_result and *ret_metadata are filled, or *ret_missing with what the backend asks for
 * besides; -ENOENT, and err unchanged: there is nothing. The wheel's path leads into the store.
 */
int stored_find(struct builder *builder, const struct build *build, struct build_result *ret_result,
                char **ret_metadata, struct strv *ret_missing, struct err *err);

/*
 * Keeps what came of a build, or, with `missing`, what its backend asked for. What cannot be stored
 * is said in the log and changes nothing else. `log_path`: what it printed; NULL: nothing.
 */
void stored_keep(struct builder *builder, const struct build *build,
                 const struct build_result *result, const char *metadata,
                 const struct strv *missing, const char *log_path);

/* How long its project took the last time, as far as the store knows; 0: unknown. */
int64_t stored_time_ms(const struct builder *builder, const struct build *build);

/*
 * The lock of whoever builds this, so that two runs do not both: -EAGAIN, and err unchanged, when
 * another run does and `wait` is NULL.
 */
int stored_lock(struct builder *builder, const struct build *build, const struct lock_wait *wait,
                struct lock *ret_lock, struct err *err);
