/* Who may run a resolver or an installer: counts, and the order in which environments begin. */
#include "plan/places.h"

#include <stdlib.h>
#include <string.h>

void places_release(struct places *places)
{
    free(places->queue.items);
    free(places->parked.items);
    *places = (struct places){0};
}

static struct env *remove_at(struct env **items, size_t *count, size_t index)
{
    struct env *env = items[index];

    memmove(items + index, items + index + 1, (--*count - index) * sizeof(*items));
    return env;
}

/* ------------------------------------------------------------------------------------- first */

/* Marks what `env` waits for, itself included. */
static void mark(const struct places *places, struct env *env)
{
    if (!env || env->needed == places->search)
        return;
    env->needed = places->search;
    if (env->waits_for) {
        mark(places, env->waits_for->env);
        return;
    }
    for (size_t i = 0; i < env->needs_count; i++)
        mark(places, env->needs[i]->env);
}

static void mark_needed(struct places *places)
{
    places->search++;
    for (size_t i = 0; i < places->parked.count; i++)
        mark(places, places->parked.items[i]);
}

void places_queue(struct places *places, struct env *env)
{
    VEC_GROW(&places->queue);
    places->queue.items[places->queue.count++] = env;
}

/* The index of the next one; the queue's count: none. */
static size_t find_next(struct places *places)
{
    int alive = places->taken + (int)places->parked.count;

    if (alive < places->limit)
        return 0;
    mark_needed(places);
    size_t i = 0;
    while (i < places->queue.count && places->queue.items[i]->needed != places->search)
        i++;
    return i;
}

struct env *places_next(struct places *places)
{
    if (places->taken + places->claimed >= places->limit)
        return NULL; /* who has begun comes first: the sooner it is done */
    size_t next = find_next(places);
    if (next >= places->queue.count)
        return NULL;
    struct env *env = remove_at(places->queue.items, &places->queue.count, next);
    (void)places_take(places, env);
    return env;
}

/* ------------------------------------------------------------------------------------- later */

static void unpark(struct places *places, struct env *env)
{
    size_t i = 0;

    if (!env->waits_for)
        return;
    while (places->parked.items[i] != env)
        i++;
    (void)remove_at(places->parked.items, &places->parked.count, i);
    env->waits_for = NULL;
}

bool places_take(struct places *places, struct env *env)
{
    if (places->taken >= places->limit)
        return false;
    unpark(places, env);
    env->placed = true;
    places->taken++;
    return true;
}

void places_leave(struct places *places, struct env *env)
{
    unpark(places, env);
    places->taken -= env->placed;
    env->placed = false;
}

void places_park(struct places *places, struct env *env, const struct build *build)
{
    places_leave(places, env);
    env->waits_for = build;
    VEC_GROW(&places->parked);
    places->parked.items[places->parked.count++] = env;
}
