/* The store, and the machine's part of the key. */
#include "run/look_around.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/runs.h"

static const char digests_note[] = "digests.json";

/* --------------------------------------------------------------------------------------- store */

static void say_who_cleans(const char *holder, void *arg)
{
    struct builder *b = arg;

    progress_say(b->progress, MOOD_PLAIN, "waiting for the store: it is cleaned by %s", holder);
}

static bool wants_store(const struct builder *b)
{
    const char *variable = getenv("TRUEWHEEL_NO_CACHE");

    return !b->options->no_cache && !(variable && variable[0]);
}

static void read_digests(struct builder *b)
{
    json_t *note = store_read_note(&b->store, digests_note);

    digests_from_json(note, &b->digests);
    json_decref(note);
}

void keep_digests(struct builder *b)
{
    if (!b->digests.changed || !store_is_open(&b->store))
        return;
    json_t *note = digests_to_json(&b->digests);
    store_write_note(&b->store, digests_note, note);
    json_decref(note);
}

int look_for_store(struct builder *b, int64_t deadline_ms, int stop_fd, struct err *err)
{
    const struct lock_wait wait = {.deadline_ms = deadline_ms,
                                   .cancel_fd = stop_fd,
                                   .on_wait = deadline_ms == DEADLINE_NEVER ? say_who_cleans : NULL,
                                   .arg = b};
    auto_err struct err why = ERR_INIT;
    bool named = false;

    if (!wants_store(b))
        return 0;
    auto_free char *place = store_place(NULL, &named);
    int ret = place ? store_open(&b->store, place, named, &wait, &why) : 0;
    if (ret < 0 && (ret == -ERR_CANCELLED || !deadline_ms)) {
        err_move(err, &why);
        return ret;
    }
    if (ret < 0)
        log_warn("%s; nothing is kept for later runs", why.message);
    read_digests(b);
    return 0;
}

/* ----------------------------------------------------------------------------------------- key */

static struct machine_options machine_options(struct builder *b)
{
    return (struct machine_options){.variables = &b->options->env,
                                    .binds = &b->options->binds,
                                    .image = b->options->image,
                                    .digests = &b->digests};
}

int look_at_machine(struct builder *b, int stop_fd, struct err *err)
{
    const struct machine_options options = machine_options(b);

    return machine_key(&options, stop_fd, &b->machine, err);
}

int look_at_interpreter(struct builder *b, const struct interpreter_facts *facts, struct err *err)
{
    const struct machine_options options = machine_options(b);

    return machine_key_interpreter(&options, facts, &b->machine, err);
}

struct interpreter_facts facts_of_engine(const struct engine *engine)
{
    return (struct interpreter_facts){
        .version = engine_fact(engine, "version"),
        .tag = engine_fact(engine, "tag"),
        .executable = engine_fact(engine, "executable"),
        .prefix = engine_fact(engine, "base_prefix"),
        .config = engine_fact(engine, "config"),
        .shim = engine_fact(engine, "shim"),
        .guest = engine_fact(engine, "guest"),
        .pip = engine_fact(engine, "pip"),
    };
}
