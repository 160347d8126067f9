/*
 * The places for filling environments: so many resolvers and installers run at once, whoever else
 * wants to waits. Each is a process with an index in memory, and a run may have hundreds of different
 * sets of build requirements.
 *
 *   places_queue ─> places_next ─> resolver ─> places_leave ─> … ─> places_take ─> installer
 *                                   │    ↑
 *                           places_park  places_take      (while it waits for a build)
 *
 * Nobody waits for a build while it holds a place, else the environments that the build needs could
 * be those that find none. A resolver that waits for a build is still a process: while as many as
 * there are places are alive, only those environments are begun that a parked one waits for.
 *
 * No locking of its own: everything here is called under the lock of the plan that it is part of.
 */
#pragma once

#include "plan/work_item.h"

struct places {
    int limit;
    int taken;
    int claimed; /* threads that have begun and want a place again */
    struct {
        struct env **items;
        size_t count, cap;
    } queue, parked; /* not begun, in their order; resolvers that wait for a build */
    unsigned search; /* the number of the last search for what is needed */
};

void places_release(struct places *places);

/* An environment that has not begun waits for its first place. */
void places_queue(struct places *places, struct env *env);
/* The next environment to begin, which has a place now; NULL: none may. */
struct env *places_next(struct places *places);

/* A place again for one that has begun, parked or not. False: none is free; ask after each change. */
bool places_take(struct places *places, struct env *env);
/* The job of `env` goes on without its place while it waits for `build`. */
void places_park(struct places *places, struct env *env, const struct build *build);
/* Accepts one that has no place. */
void places_leave(struct places *places, struct env *env);
