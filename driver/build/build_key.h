/* The key of one build: the machine's parts, its environment's, its source's. */
#pragma once

#include "build/builder.h"

/*
 * The content of an environment, as a key of its own: what is installed in it by which interpreter, and
 * what of ours is in it (guest files, the scripts that pip writes). Its digest names R/env/<hash>.
 */
void env_key(const struct builder *builder, const struct env *env, const struct wheel_files *wheels,
             struct key *ret_key);

/*
 * What depends on the source and how it is built; `build` has its final environment, which is DONE. With
 * the machine's parts before it this is the whole key.
 */
void build_key(const struct builder *builder, const struct build *build, struct key *ret_key);

/* Whether this build may use the network: --allow-network names it. */
bool build_has_network(const struct builder *builder, const struct source *source);
