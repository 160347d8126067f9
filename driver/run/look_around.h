/*
 * What a run finds on the machine before it builds: its own store, and the part of the key that all of
 * its builds have. Of the main thread, while there is no other.
 */
#pragma once

#include "inputs/machine.h"
#include "build/builder.h"

/*
 * Opens the store into b->store, with the digests of files that earlier runs have read. A run goes on
 * without one, after a line in the log; it only takes longer. While somebody cleans the store it waits
 * until `deadline_ms`; -ERR_CANCELLED when stop_fd (-1: none) becomes readable. With a deadline of 0,
 * for who can do without: it waits for nobody, and a store that cannot be used is an error.
 */
int look_for_store(struct builder *b, int64_t deadline_ms, int stop_fd, struct err *err);

/* Adds to b->machine what does not depend on the interpreter. */
int look_at_machine(struct builder *b, int stop_fd, struct err *err);

/* Adds what does. */
int look_at_interpreter(struct builder *b, const struct interpreter_facts *facts, struct err *err);

/* What the engine's greeting says of it. Points into the engine. */
struct interpreter_facts facts_of_engine(const struct engine *engine);

/* Keeps the digests for later runs; before the store is closed. */
void keep_digests(struct builder *b);
