/* The key of one build: the machine's parts, its environment's, its source's. */
#pragma once

#include "build/builder.h"

/* The digests of an environment. */
struct env_digests {
    char path[SHA256_HEX];    /* its first digits name R/env/<hash> */
    char content[SHA256_HEX]; /* what is in it, to the byte */
};

/*
 * What is installed in an environment by which interpreter, and what of ours is in it (guest
 * files). The pip that lays it out writes its scripts, and so is part of the content; of the path
 * it is not, because a build with another pip is to give the same bytes.
 */
void env_digest(const struct builder *builder, const struct env *env,
                const struct wheel_files *wheels, struct env_digests *ret_digests);

/*
 * What depends on the source and how it is built; `build` has its final environment, which is DONE.
 * With the machine's parts before it this is the whole key.
 */
void build_key(const struct builder *builder, const struct build *build, struct key *ret_key);
/* The whole key, by which the store and records know a build. */
void build_key_whole(const struct builder *builder, const struct build *build, struct key *ret_key);
/* The digest of the whole key, of which `own` is what build_key() gave. */
void build_key_digest(const struct builder *builder, const struct key *own,
                      char ret_hex[SHA256_HEX]);

/* Whether the wheel of a build that is DONE is the locked one; 0 where nothing is locked. */
int build_check_locked(const struct builder *builder, const struct build *build, struct err *err);

/*
 * Whether this build may use the network: --allow-network names its project, or its settings say so. No,
 * as long as nobody knows the project's name; for the worker that owns the build, or when that is over.
 */
bool build_has_network(const struct builder *builder, const struct build *build);

/* Whether the loader can name the guest library where builds lie: its list has no way to quote. */
bool build_can_preload(const struct builder *builder);

/* Whether builds preload the guest library, to settle clock and chance or to note what they got. */
bool build_has_guest(const struct builder *builder);

/*
 * Whether it gets a clock and random numbers of its own (pyshim/world.py). With a network it does
 * not: certificates are valid by the real time, and keys must not be guessed.
 */
bool build_is_settled(const struct builder *builder, const struct build *build);
